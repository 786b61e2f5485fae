// Owners are killed around a retry that takes up a parent: each execution goes on once, whoever dies in between.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openConductor, task, type Json } from "../support/open-conductor.js";
import type { Fleet } from "../../support/fleet.js";
import { untilAtRest } from "../../support/invariants.js";
import { openFleet } from "./open-fleet.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

const CHILD = { name: "child", tasks: [task("ask", "HUMAN"), task("noop", "NOOP")] };
const PARENT = {
  name: "parent",
  tasks: [
    task("before", "NOOP"),
    task("sub", "SUB_WORKFLOW", { subWorkflowParam: { workflowDefinition: CHILD } }),
    task("wait", "WAIT", { inputParameters: { signal: "go" } }),
  ],
  outputParameters: { by: "${wait.output.by}" },
};

async function read(api: Api, id: string): Promise<Json> {
  return (await api.get(`/workflow/${id}`)).body;
}
function taskOf(execution: Json, ref: string): Json | undefined {
  const tasks = (execution["tasks"] ?? []) as Json[];
  return tasks.findLast((each) => each["referenceTaskName"] === ref);
}
const statesOf = (execution: Json) =>
  (execution["tasks"] as Json[]).map(
    (each) => `${String(each["referenceTaskName"])} ${String(each["status"])}`,
  );
const until = (api: Api, id: string, is: (execution: Json) => boolean, description: string) =>
  waitFor(
    async () => {
      const execution = await read(api, id);
      return is(execution) ? execution : undefined;
    },
    { description, timeoutMs: 30_000 },
  );
const answer = (api: Api, id: string, status: string) =>
  api.client.updates.execute(id, "conductor.updateTask", { taskReferenceName: "ask", status });

/** A parent that failed with its child, and that nobody owns. A signal for it has been accepted. */
async function failedFamily(): Promise<{ fleet: Fleet; api: Api; id: string; childId: string }> {
  const fleet = await openFleet({ env: { EXECUTES_DEFINITIONS: "1", PARTITIONS: "2" } });
  const owner = await fleet.start("coordinator");
  const api = await openConductor({ namespace: fleet.namespace, runs: false });
  const id = (await api.post("/workflow", { name: "parent", workflowDef: PARENT })).text;
  const asking = await until(
    api,
    id,
    (each) => taskOf(each, "sub")?.["subWorkflowId"] !== undefined,
    "it has a child",
  );
  const childId = String(taskOf(asking, "sub")?.["subWorkflowId"]);
  await until(api, childId, (each) => taskOf(each, "ask")?.["status"] === "IN_PROGRESS", "the child asks");
  await api.post(`/workflow/${id}/signals/go?signalId=s-1`, { by: "Ada" });
  await answer(api, childId, "FAILED_WITH_TERMINAL_ERROR");
  await waitFor(async () => (await api.client.describe(id)).status === "failed", {
    description: "both failed",
  });
  await fleet.kill(owner);
  return { fleet, api, id, childId };
}

test.for([
  { point: "coordinator.before-commit", on: 1 },
  { point: "coordinator.committed", on: 1 },
  { point: "coordinator.message-delivered", on: 1 },
  { point: "coordinator.message-done", on: 1 },
])("owners killed at $point after a retry that no owner saw", { timeout: 90_000 }, async ({ point, on }) => {
  const { fleet, api, id, childId } = await failedFamily();
  const retry = () => api.call("POST", `/workflow/${childId}/retry`, undefined, { "idempotency-key": "r-1" });
  // Many at once, before and after anybody works on it.
  const replies = await Promise.all(Array.from({ length: 5 }, retry));
  expect(replies.map(({ status }) => status)).toContain(204);
  const breaks = await fleet.start("coordinator", { breakAt: point, breakOn: on });
  expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
  await fleet.start("coordinator");
  await until(
    api,
    childId,
    (each) => taskOf(each, "ask")?.["status"] === "IN_PROGRESS",
    "the child asks again",
  );
  expect((await retry()).status).toBe(204);
  await answer(api, childId, "COMPLETED");
  const done = await until(api, id, ({ status }) => status === "COMPLETED", "the parent is completed");
  expect(done["output"]).toEqual({ by: "Ada" });
  expect(statesOf(done)).toEqual(["before COMPLETED", "sub COMPLETED", "wait COMPLETED"]);
  expect(taskOf(done, "sub")).toMatchObject({ subWorkflowId: childId, retryCount: 0 });
  expect(statesOf(await read(api, childId))).toEqual([
    ...["ask FAILED_WITH_TERMINAL_ERROR", "ask COMPLETED", "noop COMPLETED"],
  ]);
  expect(await api.client.count()).toBe(2);
  await untilAtRest(fleet.redis, fleet.namespace, 15_000);
});
