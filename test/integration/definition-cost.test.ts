// What an execution of a definition costs grows with its tasks, and a task costs the same however many there are.
import { CONDUCTOR_WORKFLOW, readWorkflowDef } from "@heddle/conductor";
import { expect, test } from "vitest";
import type { Fleet } from "../support/fleet.js";
import { openFleet } from "./kill/open-fleet.js";

type Json = Readonly<Record<string, unknown>>;

const echo = { name: "echo", taskReferenceName: "echo", inputParameters: { text: "x" } };
const SHAPES: Record<string, (tasks: number) => Json[]> = {
  fork: (tasks) => [
    {
      ...{ name: "fork", taskReferenceName: "fork", type: "FORK_JOIN_DYNAMIC" },
      inputParameters: { forkTaskName: "echo", forkTaskInputs: Array.from({ length: tasks }, () => "x") },
    },
    { name: "join", taskReferenceName: "join", type: "JOIN" },
  ],
  loop: (tasks) => [
    {
      ...{ name: "loop", taskReferenceName: "loop", type: "DO_WHILE" },
      ...{ loopCondition: `$.loop.iteration < ${tasks}`, loopOver: [echo] },
    },
  ],
};

/** What one execution left behind. */
async function costOf(fleet: Fleet, shape: string, tasks: number) {
  const id = `${shape}-${tasks}`;
  const definition = readWorkflowDef({ name: shape, tasks: SHAPES[shape]?.(tasks) });
  await fleet.client.start(CONDUCTOR_WORKFLOW, { definition, input: {} }, { id });
  await fleet.client.result(id);
  const [key = ""] = await fleet.redis.keys(`{heddle:${fleet.namespace}:*}:h:${id}`);
  // The first record has the definition.
  const [, ...records] = await fleet.redis.lrangeBuffer(key, 0, -1);
  const bytes = records.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const turns = fleet
    .commits()
    .flatMap(({ runs }) => runs.filter(({ workflowId }) => workflowId === id)).length;
  const { accepted } = await fleet.client.describe(id);
  return { records: records.length, bytes, turns, accepted };
}

test.for(["fork", "loop"])(
  "records, bytes and turns of a %s grow by the same for every task",
  { timeout: 180_000 },
  async (shape) => {
    const fleet = await openFleet({
      env: { EXECUTES_DEFINITIONS: "1", HTTP_HOST: "127.0.0.1:1", KAFKA_BROKERS: "127.0.0.1:1" },
    });
    await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
    const small = await costOf(fleet, shape, 20);
    const middle = await costOf(fleet, shape, 40);
    const large = await costOf(fleet, shape, 80);
    const [first, second] = [middle.records - small.records, large.records - middle.records];
    expect(second).toBe(2 * first);
    // Numbers get longer.
    expect((large.bytes - middle.bytes) / (middle.bytes - small.bytes)).toBeLessThan(2.1);
    // No event takes more than one turn.
    for (const { turns, accepted } of [small, middle, large]) expect(turns).toBeLessThanOrEqual(accepted);
  },
);
