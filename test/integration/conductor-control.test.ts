// Executions over Conductor's REST API: looked at, paused, ended, removed.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

async function started(api: Api, definition: Json, input: Json = {}): Promise<string> {
  const reply = await api.post("/workflow", { name: "inline", workflowDef: definition, input });
  expect(reply).toMatchObject({ status: 200 });
  return reply.text;
}

const ended = (api: Api, id: string) =>
  waitFor(
    async () => {
      const { body } = await api.get(`/workflow/${id}`);
      return body["status"] === "RUNNING" || body["status"] === "PAUSED" ? undefined : body;
    },
    { description: "the execution has ended" },
  );

const SET = (ref: string) => task(ref, "SET_VARIABLE", { inputParameters: { [ref]: true } });
const WAITING = { name: "waiting", tasks: [SET("a"), task("wait", "WAIT"), SET("b")] };

test("an execution is looked at while it waits and after its end", async () => {
  const api = await openConductor();
  const id = await started(api, { ...WAITING, outputParameters: { done: "${workflow.variables.b}" } });
  const open = await api.get(`/workflow/${id}`);
  expect(open.body).toMatchObject({
    ...{ workflowId: id, status: "RUNNING", workflowName: "waiting", variables: { a: true } },
    tasks: [
      { taskType: "SET_VARIABLE", status: "COMPLETED", seq: 1 },
      { taskType: "WAIT", status: "IN_PROGRESS", seq: 2, workflowInstanceId: id },
    ],
    workflowDefinition: { name: "waiting", tasks: [{}, { taskDefinition: { name: "wait" } }, {}] },
  });
  expect((await api.get(`/workflow/${id}/status`)).body).toEqual({ workflowId: id, status: "RUNNING" });
  const tasks = async (query: string) => {
    const { body } = await api.get(`/workflow/${id}/tasks${query}`);
    const refs = (body["results"] as Json[]).map(({ referenceTaskName }) => referenceTaskName);
    return { totalHits: body["totalHits"], refs };
  };
  expect(await tasks("")).toEqual({ totalHits: 2, refs: ["a", "wait"] });
  expect(await tasks("?start=1&count=1")).toEqual({ totalHits: 2, refs: ["wait"] });
  expect(await tasks("?status=COMPLETED&status=FAILED")).toEqual({ totalHits: 1, refs: ["a"] });

  await api.post(`/tasks/${id}/wait/COMPLETED`, { by: "me" });
  await ended(api, id);
  const status = await api.get(`/workflow/${id}/status?includeOutput=true&includeVariables=true`);
  expect(status.body).toEqual({
    ...{ workflowId: id, status: "COMPLETED" },
    ...{ output: { done: true }, variables: { a: true, b: true } },
  });
  expect(await tasks("?start=1&count=1")).toEqual({ totalHits: 3, refs: ["wait"] });
  expect(await tasks("?status=IN_PROGRESS")).toEqual({ totalHits: 0, refs: [] });
});

test("a paused execution schedules nothing until it is resumed", async () => {
  const api = await openConductor();
  const id = await started(api, WAITING);
  expect(await api.put(`/workflow/${id}/resume`)).toMatchObject({ status: 409 });
  expect(await api.put(`/workflow/${id}/pause`)).toMatchObject({ status: 200, text: "" });
  expect(await api.put(`/workflow/${id}/pause`)).toMatchObject({ status: 200 });
  await api.post(`/tasks/${id}/wait/COMPLETED`, {});
  const paused = (await api.get(`/workflow/${id}`)).body;
  expect(paused).toMatchObject({ status: "PAUSED", tasks: [{}, { status: "COMPLETED" }] });
  expect(await api.put(`/workflow/decide/${id}`)).toMatchObject({ status: 200, text: "" });
  expect(await api.put(`/workflow/${id}/resume`)).toMatchObject({ status: 200, text: "" });
  expect(await ended(api, id)).toMatchObject({ status: "COMPLETED", tasks: [{}, {}, {}] });
  expect(await api.put(`/workflow/${id}/pause`)).toMatchObject({ status: 409, body: { status: 409 } });
});

test("a terminated execution shows why, and stays as it ended", async () => {
  const api = await openConductor();
  const id = await started(api, WAITING);
  expect(await api.delete(`/workflow/${id}?reason=not%20needed`)).toMatchObject({ status: 200, text: "" });
  const { body } = await api.get(`/workflow/${id}`);
  expect(body).toMatchObject({
    ...{ status: "TERMINATED", reasonForIncompletion: "not needed" },
    tasks: [{}, { status: "CANCELED" }],
  });
  expect(await api.delete(`/workflow/${id}`)).toMatchObject({ status: 200 });
  const completed = await started(api, { name: "one", tasks: [SET("a")] });
  await ended(api, completed);
  expect(await api.delete(`/workflow/${completed}`)).toMatchObject({ status: 409 });
});

test("an execution is removed once it has ended, or ended for it", async () => {
  const api = await openConductor();
  const id = await started(api, WAITING);
  expect(await api.delete(`/workflow/${id}/remove`)).toMatchObject({ status: 400 });
  await api.delete(`/workflow/${id}`);
  expect(await api.delete(`/workflow/${id}/remove`)).toMatchObject({ status: 200, text: "" });
  expect(await api.get(`/workflow/${id}`)).toMatchObject({ status: 404 });
  expect(await api.delete(`/workflow/${id}/remove`)).toMatchObject({ status: 404 });

  for (const way of ["remove?archiveWorkflow=false", "terminate-remove?reason=x"]) {
    const open = await started(api, WAITING);
    expect(await api.delete(`/workflow/${open}/${way}`), way).toMatchObject({ status: 200, text: "" });
    expect(await api.get(`/workflow/${open}`), way).toMatchObject({ status: 404 });
  }
});

test("registered task definitions and definitions of sub-workflows are those of the start", async () => {
  const api = await openConductor();
  await api.post("/metadata/taskdefs", [{ name: "pack", retryCount: 2, retryDelaySeconds: 1 }]);
  await api.post("/metadata/workflow", { name: "child", tasks: [task("wait", "WAIT")] });
  const id = await started(api, {
    name: "parent",
    tasks: [
      task("sub", "SUB_WORKFLOW", { subWorkflowParam: { name: "child" } }),
      { ...task("later"), name: "pack" },
    ],
  });
  const { subWorkflowId } = await waitFor(
    async () => {
      const [sub] = (await api.get(`/workflow/${id}`)).body["tasks"] as Json[];
      return sub?.["subWorkflowId"] === undefined ? undefined : (sub as { subWorkflowId: string });
    },
    { description: "the sub-workflow is started" },
  );
  expect((await api.get(`/workflow/${id}`)).body).toMatchObject({
    workflowDefinition: { tasks: [{}, { taskDefinition: { name: "pack", retryCount: 2 } }] },
  });
  await waitFor(async () => (await api.get(`/workflow/${subWorkflowId}`)).body["parentWorkflowId"] === id, {
    description: "the sub-workflow knows its parent",
  });
});

test.each([
  ["GET", "/workflow/none"],
  ["GET", "/workflow/none/status"],
  ["GET", "/workflow/none/tasks"],
  ["PUT", "/workflow/none/pause"],
  ["PUT", "/workflow/none/resume"],
  ["PUT", "/workflow/decide/none"],
  ["DELETE", "/workflow/none"],
  ["DELETE", "/workflow/none/remove"],
  ["DELETE", "/workflow/none/terminate-remove"],
  ["POST", "/tasks/none/ref/COMPLETED"],
  ["POST", "/tasks/none/ref/COMPLETED/sync"],
  ["POST", "/tasks/none/COMPLETED/signal"],
  ["POST", "/tasks/none/COMPLETED/signal/sync"],
] as const)("%s %s of nobody's id: 404", async (method, path) => {
  const api = await openConductor({ runs: false });
  expect(await api.call(method, path, method === "POST" ? {} : undefined)).toMatchObject({
    status: 404,
    body: { status: 404, code: "WORKFLOW_NOT_FOUND", retryable: false },
  });
});

test.each([
  ["POST", "/workflow", { name: "" }, "name"],
  ["POST", "/workflow", { name: "w", input: [] }, "input"],
  ["POST", "/workflow", { name: "w", priority: 100 }, "priority"],
  ["POST", "/workflow", { name: "w", idempotencyStrategy: "MAYBE" }, "idempotencyStrategy"],
  ["POST", "/workflow", { name: "w", workflowDef: { name: "w", tasks: [] } }, "workflowDef.tasks"],
  ["POST", "/workflow/w?priority=100", {}, "priority"],
  ["POST", "/workflow/w", [1], "input"],
  ["POST", "/workflow/w?version=0", {}, "version"],
  ["GET", "/workflow/w/tasks?status=DONE", undefined, "status"],
  ["GET", "/workflow/w/tasks?count=-1", undefined, "count"],
  ["POST", "/workflow/execute/w/x", {}, "version"],
  ["POST", "/workflow/execute/w/1?returnStrategy=ALL", {}, "returnStrategy"],
  ["POST", "/tasks/w/ref/DONE", {}, "status"],
  ["POST", "/tasks/w/ref/COMPLETED", [1], "output"],
  ["POST", "/tasks/w/DONE/signal", {}, "status"],
  ["POST", "/tasks", { taskId: "t", status: "COMPLETED" }, "workflowInstanceId"],
  ["POST", "/tasks", { workflowInstanceId: "w", status: "COMPLETED" }, "taskId"],
  ["POST", "/tasks", { workflowInstanceId: "w", taskId: "t", status: "DONE" }, "status"],
] as const)("%s %s with %j: 400 that names %s, and nothing is stored", async (method, path, body, field) => {
  const api = await openConductor({ runs: false });
  const reply = await api.call(method, path, body);
  expect(reply).toMatchObject({ status: 400, body: { status: 400, retryable: false } });
  const { validationErrors = [], message } = reply.body as { validationErrors?: unknown[]; message: string };
  expect(`${message} ${JSON.stringify(validationErrors)}`).toContain(field);
  expect(await api.client.count()).toBe(0);
});
