// Processes are killed while messages of events are handled; each action is done once.
import {
  CONDUCTOR_EVENT,
  conductorWorkflow,
  EventHandlerStore,
  eventRunId,
  MetadataStore,
  publishEvent,
  queryExecution,
  readEventHandler,
  workflowDef,
} from "@heddle/conductor";
import { createRedisStore } from "@heddle/redis-store";
import { waitFor } from "@heddle/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { openFleet } from "./open-fleet.js";

const wait = { name: "turn", taskReferenceName: "turn", type: "WAIT" };
const ROUNDS = 3;
interface Execution {
  readonly tasks: readonly { taskType: string; status: string; outputData: object }[];
}
/** Takes one completion after another, so a completion that is done twice is seen. */
const game = workflowDef.parse({
  name: "game",
  tasks: [
    {
      ...{ name: "rounds", taskReferenceName: "rounds", type: "DO_WHILE", loopOver: [wait] },
      loopCondition: `$.rounds.iteration < ${ROUNDS + 1}`,
    },
  ],
});
const prize = workflowDef.parse({ name: "prize", tasks: [wait] });
const onMove = readEventHandler({
  ...{ name: "move", event: "e:move", active: true, condition: "$.game !== undefined" },
  actions: [
    { action: "start_workflow", start_workflow: { name: "prize", input: { of: "${game}" } } },
    { action: "complete_task", complete_task: { workflowId: "${game}", taskRefName: "turn" } },
  ],
});

async function register(namespace: string): Promise<void> {
  const store = await createRedisStore({ connection: { url: inject("redisUrl") }, namespace });
  onTestFinished(() => store.close());
  await new MetadataStore(store.documents).registerWorkflow(prize, { overwrite: false, nowMs: Date.now() });
  await new EventHandlerStore(store.documents).add(onMove);
}

test.for([
  { part: "event-worker", point: "worker.executed conductor.findEventHandlers", on: 2 },
  { part: "event-worker", point: "worker.executed conductor.findDefinition", on: 1 },
  { part: "event-worker", point: "worker.claimed conductor.updateFromEvent", on: 2 },
  { part: "event-worker", point: "worker.executed conductor.updateFromEvent", on: 1 },
  { part: "event-worker", point: "worker.settled conductor.updateFromEvent", on: 1 },
  { part: "coordinator", point: "coordinator.before-commit", on: 4 },
  { part: "coordinator", point: "coordinator.committed", on: 6 },
  { part: "coordinator", point: "coordinator.message-delivered", on: 1 },
] as const)("a $part killed at $point: each action is done once", async ({ part, point, on }) => {
  const fleet = await openFleet({ env: { EXECUTES_DEFINITIONS: "1" } });
  const { client } = fleet;
  await register(fleet.namespace);
  const breaking = fleet.start(part, { breakAt: point, breakOn: on });
  const other = part === "coordinator" ? "event-worker" : "coordinator";
  const [breaks] = await Promise.all([breaking, fleet.start(other)]);

  const { workflowId } = await client.start(conductorWorkflow.name, { definition: game, input: {} });
  const messages = Array.from({ length: ROUNDS }, (_, index) => ({
    ...{ event: "e:move", messageId: `m${index}`, payload: { game: workflowId } },
  }));
  for (const message of messages) expect(await publishEvent(client, message)).toBe(true);
  expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
  // Who sent them and was killed sends them again.
  for (const message of messages) expect(await publishEvent(client, message)).toBe(false);
  // Two of them, that share what is left.
  await Promise.all([fleet.start(part), fleet.start(part)]);

  const results = await Promise.all(messages.map((message) => client.result(eventRunId(message))));
  const done = (action: string) => ({ action, status: "COMPLETED" });
  expect(results).toMatchObject(messages.map(() => [done("start_workflow"), done("complete_task")]));
  const turns = await waitFor(
    async () => {
      const execution = (await client.query(workflowId, queryExecution.name)) as Execution | undefined;
      const waits = execution?.tasks.filter(({ taskType }) => taskType === "WAIT") ?? [];
      return waits.length > ROUNDS && waits;
    },
    { description: "the game waits for another turn" },
  );
  expect(turns.map(({ status }) => status)).toEqual([...messages.map(() => "COMPLETED"), "IN_PROGRESS"]);
  expect(new Set(turns.map(({ outputData }) => JSON.stringify(outputData))).size).toBe(ROUNDS + 1);
  expect(await client.count({ attributes: { workflowType: "prize" } })).toBe(ROUNDS);
});

test("a worker killed when it had published an EVENT task's message: the task completes, and there is one message", async () => {
  const fleet = await openFleet({ env: { EXECUTES_DEFINITIONS: "1" } });
  const [breaks] = await Promise.all([
    fleet.start("event-worker", { breakAt: "worker.executed conductor.EVENT" }),
    fleet.start("coordinator"),
  ]);
  const tell = { name: "tell", taskReferenceName: "tell", type: "EVENT", sink: "conductor" };
  const definition = workflowDef.parse({ name: "teller", tasks: [tell] });
  const { workflowId } = await fleet.client.start(conductorWorkflow.name, { definition, input: {} });
  expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
  await fleet.start("event-worker");
  const event = "conductor:teller:tell";
  expect(await fleet.client.result(workflowId)).toMatchObject({ event_produced: event });
  expect(await fleet.client.count({ type: CONDUCTOR_EVENT, attributes: { event } })).toBe(1);
});
