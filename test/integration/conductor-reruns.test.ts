// Restart, retry and rerun of executions over Conductor's REST API.
import { waitFor } from "@heddle/testkit";
import { activity } from "heddle";
import { describe, expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

/** A worker of the task type that fails while it is told to. */
function breakable(name = "pay") {
  const state = { isBroken: true, calls: 0 };
  const worker = activity({
    name,
    queue: name,
    execute: ({ inputData }: { inputData: Json }) => {
      state.calls += 1;
      if (state.isBroken) throw new Error(`${name} is broken`);
      return { calls: state.calls, ...inputData };
    },
  });
  return { state, worker };
}

async function ended(api: Api, workflowId: string): Promise<Json> {
  return waitFor(
    async () => {
      const { body } = await api.get(`/workflow/${workflowId}`);
      return ["COMPLETED", "FAILED", "TERMINATED"].includes(String(body["status"])) ? body : undefined;
    },
    { description: `execution ${workflowId} has ended` },
  );
}
const states = (execution: Json) =>
  (execution["tasks"] as Json[]).map(
    (each) => `${String(each["referenceTaskName"])} ${String(each["status"])}`,
  );
const taskOf = (execution: Json, ref: string) =>
  (execution["tasks"] as Json[]).findLast((each) => each["referenceTaskName"] === ref) ?? {};

async function started(api: Api, definition: Json, request: Json = {}): Promise<string> {
  const reply = await api.post("/workflow", {
    name: "wf",
    workflowDef: { name: "wf", ...definition },
    ...request,
  });
  expect(reply).toMatchObject({ status: 200 });
  return reply.text;
}

const once = (ref: string, rest: Json = {}) => task(ref, "SIMPLE", { retryCount: 0, ...rest });
const PAYS = {
  tasks: [
    task("note", "SET_VARIABLE", { inputParameters: { item: "${workflow.input.item}" } }),
    once("pay", { inputParameters: { item: "${workflow.variables.item}" } }),
  ],
};

test("a failed execution is retried under its id, by one of many who ask at once", async () => {
  const { state, worker } = breakable();
  const api = await openConductor({ activities: [worker] });
  const id = await started(api, PAYS, { input: { item: "cup" } });
  expect(await ended(api, id)).toMatchObject({ status: "FAILED" });
  expect((await api.post(`/workflow/${id}/restart`)).status).toBe(204);
  expect(states(await ended(api, id))).toEqual(["note COMPLETED", "pay FAILED"]);
  expect(state.calls).toBe(2);

  state.isBroken = false;
  const replies = await Promise.all(Array.from({ length: 5 }, () => api.post(`/workflow/${id}/retry`)));
  expect(replies[0]).toMatchObject({ text: "" });
  for (const { status } of replies) expect([204, 409]).toContain(status);
  expect(replies.map(({ status }) => status)).toContain(204);
  const done = await ended(api, id);
  expect(states(done)).toEqual(["note COMPLETED", "pay FAILED", "pay COMPLETED"]);
  expect(done).toMatchObject({ workflowId: id, output: { calls: 3, item: "cup" } });
  expect(state.calls).toBe(3);
  expect(await api.post(`/workflow/${id}/retry`)).toMatchObject({ status: 409, body: { status: 409 } });

  expect(await api.post(`/workflow/${id}/rerun`, { workflowInput: { item: "plate" } })).toMatchObject({
    ...{ status: 200, text: id },
  });
  expect(await ended(api, id)).toMatchObject({
    ...{ input: { item: "plate" }, output: { item: "plate" }, reRunFromWorkflowId: id },
  });
  const { taskId } = taskOf(await ended(api, id), "pay");
  const rerun = await api.post(`/workflow/${id}/rerun`, {
    ...{ reRunFromTaskId: taskId, taskInput: { item: "bowl" }, correlationId: "c-2" },
  });
  expect(rerun.status).toBe(200);
  const again = await ended(api, id);
  expect(again).toMatchObject({ correlationId: "c-2", output: { calls: 5, item: "bowl" } });
  expect(taskOf(again, "pay")["taskId"]).toBe(taskId);
  await waitFor(async () => (await api.client.count({ attributes: { correlationId: "c-2" } })) === 1, {
    description: "it is found by what it has now",
  });
});

test("a call that is repeated with its key is answered alike, and does nothing", async () => {
  const { state, worker } = breakable();
  const api = await openConductor({ activities: [worker] });
  const id = await started(api, PAYS, { input: { item: "cup" } });
  await ended(api, id);
  state.isBroken = false;
  const retry = () => api.call("POST", `/workflow/${id}/retry`, undefined, { "idempotency-key": "r-1" });
  expect(await retry()).toMatchObject({ status: 204 });
  expect((await retry()).status).toBe(204);
  await ended(api, id);
  expect((await retry()).status).toBe(204);
  expect(state.calls).toBe(2);
});

test("the latest definition is taken on request, and one that is not restartable stays", async () => {
  const api = await openConductor();
  const version = (number: number, rest: Json = {}) =>
    api.post("/metadata/workflow", {
      ...{ name: "versions", version: number, outputParameters: { number }, tasks: [task("noop", "NOOP")] },
      ...rest,
    });
  await version(1);
  const id = (await api.post("/workflow/versions", {})).text;
  expect(await ended(api, id)).toMatchObject({ output: { number: 1 } });
  await version(2, { restartable: false });
  expect((await api.post(`/workflow/${id}/restart`)).status).toBe(204);
  expect(await ended(api, id)).toMatchObject({ output: { number: 1 } });
  expect((await api.post(`/workflow/${id}/restart?useLatestDefinitions=true`)).status).toBe(204);
  expect(await ended(api, id)).toMatchObject({ output: { number: 2 }, workflowVersion: 2 });
  expect(await api.post(`/workflow/${id}/restart`)).toMatchObject({ status: 404 });
});

describe("sub-workflows", () => {
  const child = {
    name: "child",
    tasks: [once("pay"), task("rest", "NOOP")],
    outputParameters: { paid: true },
  };
  const parent = {
    tasks: [
      task("before", "NOOP"),
      task("sub", "SUB_WORKFLOW", { subWorkflowParam: { workflowDefinition: child } }),
      task("behind", "NOOP"),
    ],
    outputParameters: { paid: "${sub.output.paid}" },
  };
  const grandparent = {
    tasks: [
      task("outer", "SUB_WORKFLOW", { subWorkflowParam: { workflowDefinition: { name: "p", ...parent } } }),
    ],
  };

  async function failedFamily() {
    const { state, worker } = breakable();
    const api = await openConductor({ activities: [worker] });
    const id = await started(api, grandparent);
    const parentId = String(taskOf(await ended(api, id), "outer")["subWorkflowId"]);
    const childId = String(taskOf(await ended(api, parentId), "sub")["subWorkflowId"]);
    await ended(api, childId);
    return { state, api, ids: { id, parentId, childId } };
  }

  test("a child that is retried is taken up by its parents, which go on", async () => {
    const { state, api, ids } = await failedFamily();
    state.isBroken = false;
    expect((await api.post(`/workflow/${ids.childId}/retry`)).status).toBe(204);
    const done = await ended(api, ids.id);
    expect(done).toMatchObject({ status: "COMPLETED", output: { paid: true } });
    expect(states(done)).toEqual(["outer COMPLETED"]);
    expect(taskOf(done, "outer")["subWorkflowId"]).toBe(ids.parentId);
    const inner = await ended(api, ids.parentId);
    expect(states(inner)).toEqual(["before COMPLETED", "sub COMPLETED", "behind COMPLETED"]);
    expect(states(await ended(api, ids.childId))).toEqual(["pay FAILED", "pay COMPLETED", "rest COMPLETED"]);
  });

  test("a retry from above starts a child anew, or resumes the one that failed", async () => {
    const { state, api, ids } = await failedFamily();
    expect((await api.post(`/workflow/${ids.id}/retry`)).status).toBe(204);
    const anew = await ended(api, ids.id);
    expect(states(anew)).toEqual(["outer FAILED", "outer FAILED"]);
    const second = String(taskOf(anew, "outer")["subWorkflowId"]);
    expect(second).not.toBe(ids.parentId);
    state.isBroken = false;
    expect((await api.post(`/workflow/${ids.id}/retry?resumeSubworkflowTasks=true`)).status).toBe(204);
    const done = await ended(api, ids.id);
    expect(states(done)).toEqual(["outer FAILED", "outer COMPLETED"]);
    expect(taskOf(done, "outer")["subWorkflowId"]).toBe(second);
    expect(state.calls).toBe(3);
  });

  test("the task of a rerun is found in children", async () => {
    const { state, api, ids } = await failedFamily();
    state.isBroken = false;
    const { taskId } = taskOf(await ended(api, ids.childId), "pay");
    const rerun = await api.post(`/workflow/${ids.id}/rerun`, {
      reRunFromTaskId: taskId,
      taskInput: { x: 1 },
    });
    expect(rerun).toMatchObject({ status: 200, text: ids.id });
    expect(await ended(api, ids.id)).toMatchObject({ status: "COMPLETED" });
    const [pay] = (await ended(api, ids.childId))["tasks"] as Json[];
    expect(pay).toMatchObject({ taskId, outputData: { x: 1 } });
  });
});

test("what cannot be done is refused, and nothing is changed", async () => {
  const api = await openConductor();
  const open = await started(api, { tasks: [task("ask", "HUMAN")] });
  const done = await started(api, { tasks: [task("noop", "NOOP")] });
  const before = await ended(api, done);
  const table: readonly (readonly [string, unknown, number, RegExp])[] = [
    [`/workflow/${open}/restart`, undefined, 409, /has not ended/],
    [`/workflow/${open}/retry`, undefined, 409, /has not ended/],
    [`/workflow/${open}/rerun`, {}, 409, /has not ended/],
    [`/workflow/none/restart`, undefined, 404, /none/],
    [`/workflow/none/retry`, undefined, 404, /none/],
    [`/workflow/${done}/retry`, undefined, 409, /none of its tasks/],
    [`/workflow/${done}/rerun`, { reRunFromTaskId: "nobody" }, 400, /no task nobody/],
    [`/workflow/${done}/rerun`, { taskInput: [] }, 400, /.*/],
    [`/workflow/${done}/restart?useLatestDefinitions=maybe`, undefined, 400, /useLatestDefinitions/],
    [`/workflow/${done}/restart?useLatestDefinitions=true`, undefined, 404, /wf/],
  ];
  for (const [path, body, status, message] of table) {
    const reply = await api.post(path, body);
    expect([path, reply.status]).toEqual([path, status]);
    expect(String(reply.body["message"])).toMatch(message);
  }
  expect(await ended(api, done)).toEqual(before);
  expect((await api.get(`/workflow/${open}`)).body).toMatchObject({ status: "RUNNING" });
});
