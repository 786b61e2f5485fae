import {
  CONDUCTOR_EVENT,
  conductorSink,
  conductorWorkflow,
  createSystemTasks,
  eventActivities,
  eventRunId,
  eventWorkflow,
  publishEvent,
  readEventHandler,
  systemTaskActivities,
  workflowDef,
  type EventExecution,
  type EventMessage,
} from "@heddle/conductor";
import { WorkflowClient } from "@heddle/core";
import { MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import { createRedisStore, randomIdSource } from "@heddle/redis-store";
import { randomNamespace } from "@heddle/testkit";
import { activity } from "heddle";
import { inject, onTestFinished } from "vitest";
import { openEngine } from "./open-engine.js";

type Json = Record<string, unknown>;

/** An engine that executes these definitions and handles events by these handlers; ended with the test. */
export async function openConductorEvents(setup: {
  readonly definitions?: readonly Json[];
  readonly handlers: readonly Json[];
}) {
  const namespace = randomNamespace("events");
  const definitions = (setup.definitions ?? []).map((json) => workflowDef.parse(json));
  const handlers = setup.handlers.map((json) => readEventHandler({ active: true, ...json }));

  const store = await createRedisStore({ connection: { url: inject("redisUrl") }, namespace });
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: MAX_PAYLOAD_BYTES });
  const tasks = createSystemTasks({
    sandbox: { deadlineMs: 60_000 },
    sinks: { conductor: conductorSink(client) },
  });
  onTestFinished(async () => {
    await tasks.close();
    await store.close();
  });
  const engine = await openEngine({
    namespace,
    workflows: [conductorWorkflow, eventWorkflow],
    activities: [
      ...systemTaskActivities(tasks),
      ...eventActivities({
        client,
        findHandlers: async (event) =>
          handlers.filter((handler) => handler.active && handler.event === event),
        workflowOfTask: async () => {
          throw new Error("no task is named by its id alone");
        },
      }),
      activity({
        name: "conductor.findDefinition",
        queue: "conductor.system",
        execute: ({ name }: { name: string }) =>
          definitions.find((definition) => definition.name === name) ?? null,
      }),
    ],
  });
  return {
    ...{ engine, client },
    start: (name: string, input: Json = {}) => {
      const definition = definitions.find((each) => each.name === name);
      if (definition === undefined) throw new Error(`there is no definition ${name}`);
      return engine.start("conductor.workflow", { definition, input });
    },
    publish: (message: EventMessage) => publishEvent(client, message),
    /** What became of the actions, once all are done. */
    executionsOf: async (message: Pick<EventMessage, "event" | "messageId">) =>
      (await client.result(eventRunId(message))) as readonly EventExecution[],
    /** Ids of the runs that handle or handled messages of an event. */
    messagesOf: async (event: string) => {
      const { items } = await client.list({ type: CONDUCTOR_EVENT, attributes: { event } });
      return items.map(({ id }) => id);
    },
  };
}
