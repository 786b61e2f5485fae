// Changes of open executions over Conductor's REST API: skipped tasks, variables, state, callbacks.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

async function started(api: Api, tasks: readonly Json[], rest: Json = {}): Promise<string> {
  const reply = await api.post("/workflow", { name: "wf", workflowDef: { name: "wf", tasks, ...rest } });
  expect(reply.status).toBe(200);
  return reply.text;
}
const execution = async (api: Api, id: string) => (await api.get(`/workflow/${id}`)).body;
const status = (api: Api, id: string, wanted: string) =>
  waitFor(
    async () => {
      const body = await execution(api, id);
      return body["status"] === wanted ? body : undefined;
    },
    { description: `execution ${id} is ${wanted}` },
  );

test("a task that has not been scheduled is skipped with the input and output of the body", async () => {
  const api = await openConductor();
  const tasks = [task("ask", "HUMAN"), task("skipped", "HUMAN"), task("later", "HUMAN")];
  const id = await started(api, tasks);
  const skip = (ref: string, body?: unknown) => api.put(`/workflow/${id}/skiptask/${ref}`, body);
  expect(await skip("skipped", { taskInput: { a: 1 }, taskOutput: { b: 2 } })).toMatchObject({
    ...{ status: 200, text: "" },
  });
  expect((await skip("later")).status).toBe(200);
  expect(await skip("ask")).toMatchObject({
    status: 409,
    body: { message: expect.stringMatching(/ask/) as string },
  });
  expect((await skip("nobody")).status).toBe(409);
  expect((await skip("later", { taskOutput: [] })).status).toBe(400);
  await api.client.updates.execute(id, "conductor.updateTask", {
    taskReferenceName: "ask",
    status: "COMPLETED",
  });
  const done = await status(api, id, "COMPLETED");
  expect(done["tasks"]).toMatchObject([
    { status: "COMPLETED" },
    { status: "SKIPPED", inputData: { a: 1 }, outputData: { b: 2 } },
    { status: "SKIPPED", outputData: {} },
  ]);
  expect((await skip("later")).status).toBe(409);
  expect((await api.put("/workflow/none/skiptask/x")).status).toBe(404);
});

test("variables are set, and answered with the execution", async () => {
  const api = await openConductor();
  const id = await started(api, [task("ask", "HUMAN")], {
    variables: { kept: 1 },
    outputParameters: { said: "${workflow.variables.said}", kept: "${workflow.variables.kept}" },
  });
  const reply = await api.post(`/workflow/${id}/variables`, { said: "yes" });
  expect(reply).toMatchObject({ status: 200, body: { workflowId: id, variables: { kept: 1, said: "yes" } } });
  expect((await api.post(`/workflow/${id}/variables`, ["no"])).status).toBe(400);
  const large = await api.post(`/workflow/${id}/variables`, { large: "x".repeat(300 * 1024) });
  expect(large).toMatchObject({
    status: 400,
    body: { message: expect.stringMatching(/variables/) as string },
  });
  expect((await api.post("/workflow/none/variables", {})).status).toBe(404);

  const change = {
    taskReferenceName: "ask",
    taskResult: { status: "COMPLETED", outputData: { by: "Ada" } },
    variables: { said: "later" },
  };
  const state = await api.post(`/workflow/${id}/state?requestId=r-1&waitForSeconds=5`, change);
  expect(state).toMatchObject({ status: 200, body: { output: { said: "later", kept: 1 } } });
  expect(state.body["tasks"]).toMatchObject([{ status: "COMPLETED", outputData: { by: "Ada" } }]);
  // Repeated: nothing is done twice, and the answer is the execution as it is.
  expect(await api.post(`/workflow/${id}/state?requestId=r-1`, change)).toMatchObject({ status: 200 });
  expect((await api.post(`/workflow/${id}/state?requestId=r-2`, change)).status).toBe(409);
  expect((await api.post(`/workflow/${id}/variables`, {})).status).toBe(409);
});

test("a change of the state is made whole or not at all", async () => {
  const api = await openConductor();
  const id = await started(api, [task("ask", "HUMAN")], { variables: { kept: 1 } });
  const table: readonly (readonly [Json, RegExp])[] = [
    [{ variables: { kept: 2 }, taskReferenceName: "ask", taskResult: { status: "DONE" } }, /status/],
    [{ variables: { kept: 2 }, taskResult: { status: "COMPLETED" } }, /taskReferenceName/],
    [{ variables: 7, taskReferenceName: "ask" }, /variables/],
  ];
  for (const [body, message] of table) {
    const reply = await api.post(`/workflow/${id}/state`, body);
    expect(reply.status).toBe(400);
    expect(JSON.stringify(reply.body)).toMatch(message);
  }
  expect(await execution(api, id)).toMatchObject({
    variables: { kept: 1 },
    tasks: [{ status: "IN_PROGRESS" }],
  });
});

test("a task that was given back for a while is taken at once when its callback is reset", async () => {
  const api = await openConductor();
  const later = await started(api, [task("idle")]);
  await waitFor(async () => ((await execution(api, later))["tasks"] as Json[]).length === 1, {
    description: "the task is scheduled",
  });
  await api.client.updates.execute(later, "conductor.updateTask", {
    ...{ taskReferenceName: "idle", status: "IN_PROGRESS", callbackAfterSeconds: 3_600 },
  });
  expect((await execution(api, later))["tasks"]).toMatchObject([{ callbackAfterSeconds: 3_600 }]);
  expect(await api.post(`/workflow/${later}/resetcallbacks`)).toMatchObject({ status: 204, text: "" });
  expect((await execution(api, later))["tasks"]).toMatchObject([
    { status: "SCHEDULED", callbackAfterSeconds: 0 },
  ]);
  expect((await api.client.describe(later)).pendingActivities).toMatchObject([{ name: "idle" }]);
  expect((await api.post("/workflow/none/resetcallbacks")).status).toBe(404);
});
