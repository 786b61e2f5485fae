import {
  CONDUCTOR_EVENT,
  eventRunId,
  publishEvent,
  type EventExecution,
  type EventMessage,
} from "@heddle/conductor";
import { expect } from "vitest";
import { openConductor, type Json } from "./open-conductor.js";

/** Conductor's API with these definitions and event handlers registered, and an engine behind it. */
export async function openConductorEvents(setup: {
  readonly definitions?: readonly Json[];
  /** Active unless they say otherwise. */
  readonly handlers: readonly Json[];
}) {
  const api = await openConductor();
  const { client } = api;
  for (const definition of setup.definitions ?? [])
    expect(await api.post("/metadata/workflow", definition)).toMatchObject({ status: 200 });
  const handlers = setup.handlers.map((handler) => ({ active: true, ...handler }));
  expect(await api.post("/event", handlers)).toMatchObject({ status: 200, text: "" });
  return {
    ...api,
    /** Its workflow id. */
    start: async (name: string, input: Json = {}) => (await api.post(`/workflow/${name}`, input)).text,
    publish: (message: EventMessage) => publishEvent(client, message),
    /** What became of the actions, once all are done. */
    executionsOf: async (message: Pick<EventMessage, "event" | "messageId">) =>
      (await client.result(eventRunId(message))) as readonly EventExecution[],
    /** Ids of the runs that handle or handled messages of an event. */
    runsOf: async (event: string) => {
      const { items } = await client.list({ type: CONDUCTOR_EVENT, attributes: { event } });
      return items.map(({ id }) => id);
    },
  };
}
