// Conductor's searches on a real gateway, with executions that run.
import { workflowDef } from "@heddle/conductor";
import { waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

const search = async (api: Api, parameters: Record<string, string>, path = "/workflow/search") => {
  const reply = await api.get(`${path}?${new URLSearchParams(parameters).toString()}`);
  expect(reply.text).toEqual(expect.stringContaining("totalHits"));
  return reply.body as { totalHits: number; results: Json[] };
};
const ids = async (api: Api, query: string, more: Record<string, string> = {}) =>
  (await search(api, { query, ...more })).results.map(({ workflowId }) => workflowId);

const WAITS = { name: "waits", tasks: [task("pause", "WAIT")], metadata: { classifier: "slow" } };
const FAILS = {
  name: "fails",
  version: 3,
  tasks: [
    task("boom", "INLINE", { inputParameters: { expression: "$.no.such", evaluatorType: "javascript" } }),
  ],
};
const PARENT = {
  name: "parent",
  tasks: [task("sub", "SUB_WORKFLOW", { subWorkflowParam: { name: "waits", version: 1 } })],
};

/** One that waits, one that failed, one that was completed, one with a sub-workflow, one that was ended from outside. */
async function withExecutions() {
  const api = await openConductor();
  for (const definition of [WAITS, FAILS, PARENT]) {
    expect((await api.post("/metadata/workflow", definition)).status).toBe(200);
  }
  const start = async (body: Json) => (await api.post("/workflow", body)).text;
  const waiting = await start({ name: "waits", correlationId: "order-1", input: { a: 1 }, priority: 7 });
  const failed = await start({ name: "fails", correlationId: "order-2" });
  const completed = await start({
    name: "sets",
    correlationId: "order-1",
    workflowDef: {
      name: "sets",
      tasks: [task("set", "NOOP")],
      outputParameters: { b: "${workflow.input.a}" },
    },
    input: { a: 5 },
  });
  const parent = await start({ name: "parent" });
  const ended = await start({ name: "waits", correlationId: "order-3" });
  await api.client.terminate(ended, { reason: "no more" });
  const standing = await waitFor(
    async () => {
      const { results } = await search(api, {});
      const status = new Map(results.map((each) => [each["workflowId"], each["status"]]));
      const isThere = status.get(failed) === "FAILED" && status.get(completed) === "COMPLETED";
      return isThere && results.length === 6 ? results : undefined;
    },
    { description: "all executions stand as they shall" },
  );
  const sub = standing.find(({ workflowId }) => {
    return ![waiting, failed, completed, parent, ended].includes(String(workflowId));
  });
  return { api, waiting, failed, completed, parent, ended, sub: String(sub?.["workflowId"]) };
}

test("executions are found by each field, and told as Conductor's summaries", async () => {
  const { api, waiting, failed, completed, parent, ended, sub } = await withExecutions();
  const sorted = async (query: string, more = {}) => (await ids(api, query, more)).toSorted();
  const all = [waiting, failed, completed, parent, ended, sub];

  expect(await ids(api, `workflowId="${failed}"`)).toEqual([failed]);
  expect(await sorted(`workflowId IN (${failed}, '${waiting}', nobody)`)).toEqual(
    [failed, waiting].toSorted(),
  );
  expect(await ids(api, `workflowId=${failed.slice(0, 30)}*`)).toEqual([failed]);
  expect(await sorted("correlationId=order-1")).toEqual([waiting, completed].toSorted());
  expect(await sorted("correlationId='order-*'")).toEqual([waiting, failed, completed, ended].toSorted());
  expect(await sorted("correlationId='*-1'")).toEqual([waiting, completed].toSorted());
  expect(await sorted("workflowType IN (fails,sets)")).toEqual([failed, completed].toSorted());
  expect(await sorted("status=RUNNING")).toEqual([waiting, parent, sub].toSorted());
  expect(await sorted("status IN (FAILED,COMPLETED)")).toEqual([failed, completed].toSorted());
  expect(await ids(api, "status=TERMINATED")).toEqual([ended]);
  expect(await ids(api, "status=TERMINATED AND workflowType=fails")).toEqual([]);
  expect(await ids(api, "version=3")).toEqual([failed]);
  expect(await ids(api, `parentWorkflowId=${parent}`)).toEqual([sub]);
  expect(await sorted("classifier=slow")).toEqual([waiting, ended, sub].toSorted());
  expect(await sorted("", { classifier: "slow", topLevelOnly: "true" })).toEqual([waiting, ended].toSorted());
  expect(await sorted("startTime>0 AND startTime<4000000000000")).toEqual(all.toSorted());
  expect(await ids(api, "startTime>4000000000000")).toEqual([]);
  expect(await ids(api, "startTime>10 AND startTime<5")).toEqual([]);
  expect(await ids(api, "endTime>10 AND endTime<5")).toEqual([]);
  expect(await ids(api, "version>3 AND version<2")).toEqual([]);
  expect(await ids(api, `correlationId='${"x".repeat(300)}'`)).toEqual([]);
  expect(await sorted("endTime>0")).toEqual([failed, completed, ended].toSorted());
  expect(await sorted("modifiedTime>0")).toEqual(all.toSorted());
  expect(await sorted("", { freeText: "ORDER-1 waits" })).toEqual([waiting]);
  expect(await sorted("", { freeText: "*" })).toEqual(all.toSorted());

  const of = async (id: string) => (await search(api, { query: `workflowId=${id}` })).results[0];
  const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
  expect(await of(waiting)).toMatchObject({
    ...{
      workflowType: "waits",
      version: 1,
      workflowId: waiting,
      correlationId: "order-1",
      status: "RUNNING",
    },
    ...{ input: '{"a":1}', output: "{}", executionTime: 0, priority: 7, failedReferenceTaskNames: "" },
    ...{ startTime: iso, updateTime: iso, inputSize: 7, taskToDomain: {}, failedTaskNames: [] },
  });
  expect(await of(waiting)).not.toHaveProperty("endTime");
  expect(await of(completed)).toMatchObject({
    ...{ status: "COMPLETED", output: '{"b":5}', endTime: iso, executionTime: expect.any(Number) as number },
  });
  expect(await of(failed)).toMatchObject({
    ...{ status: "FAILED", failedReferenceTaskNames: "boom", failedTaskNames: ["boom"] },
    reasonForIncompletion: expect.stringContaining("failed with status: FAILED") as string,
  });
  expect(await of(ended)).toMatchObject({ status: "TERMINATED", reasonForIncompletion: "no more" });
});

test("pages and orders", async () => {
  const { api, waiting, failed, completed, parent, ended } = await withExecutions();
  const newest = await ids(api, "", { topLevelOnly: "true" });
  expect(newest).toEqual([ended, parent, completed, failed, waiting]);
  const oldest = await ids(api, "", { topLevelOnly: "true", sort: "startTime:ASC" });
  expect(oldest).toEqual(newest.toReversed());
  const page = await search(api, { start: "1", size: "2", topLevelOnly: "true" });
  expect(page.totalHits).toBe(5);
  expect(page.results.map(({ workflowId }) => workflowId)).toEqual([parent, completed]);
  // Over several statuses, each of which is another list.
  const both = {
    query: "status IN (RUNNING,FAILED,TERMINATED)",
    topLevelOnly: "true",
    start: "1",
    size: "2",
  };
  const merged = await search(api, both);
  expect(merged.totalHits).toBe(4);
  expect(merged.results.map(({ workflowId }) => workflowId)).toEqual([parent, failed]);
  const named = await search(api, { sort: "workflowType:DESC|startTime:ASC", topLevelOnly: "true" });
  expect(named.results.map(({ workflowType }) => workflowType)).toEqual([
    ...["waits", "waits", "sets", "parent", "fails"],
  ]);
  expect(named.results[0]?.["workflowId"]).toBe(waiting);
  expect((await search(api, { size: "0" })).totalHits).toBe(6);
});

test("whole executions, tasks, and executions by their tasks", async () => {
  const { api, waiting, failed, sub, ended } = await withExecutions();
  const whole = await search(api, { query: `workflowId=${failed}` }, "/workflow/search-v2");
  expect(whole).toMatchObject({
    totalHits: 1,
    results: [{ workflowId: failed, workflowName: "fails", tasks: [], status: "FAILED" }],
  });

  const open = await search(api, { query: "taskType=WAIT AND status=IN_PROGRESS" }, "/tasks/search");
  expect(open.results.map(({ workflowId }) => workflowId).toSorted()).toEqual([waiting, sub].toSorted());
  expect(open.results[0]).toMatchObject({
    ...{ taskType: "WAIT", taskDefName: "pause", taskReferenceName: "pause", status: "IN_PROGRESS" },
    ...{ workflowType: "waits", executionTime: 0, input: expect.any(String) as string },
  });
  const all = await search(api, { query: "taskDefName='pause'" }, "/tasks/search-v2");
  expect(all.totalHits).toBe(all.results.length);
  expect(all.results.map(({ workflowInstanceId }) => workflowInstanceId)).toEqual(
    expect.arrayContaining([waiting, sub]) as string[],
  );
  const [task] = open.results;
  const byId = await search(api, { query: `taskId=${String(task?.["taskId"])}` }, "/tasks/search");
  expect(byId.results).toEqual([task]);

  const found = await search(
    api,
    { query: "status=FAILED_WITH_TERMINAL_ERROR" },
    "/workflow/search-by-tasks",
  );
  expect(found.results.map(({ workflowId }) => workflowId)).toEqual([failed]);
  const wholes = await search(
    api,
    { query: "taskType=WAIT AND scheduledTime>0", size: "1", sort: "scheduledTime:ASC" },
    "/workflow/search-by-tasks-v2",
  );
  expect(wholes.results).toMatchObject([{ workflowId: waiting, workflowName: "waits" }]);
  expect([2, 3]).toContain(wholes.totalHits);
  expect(ended).toBeDefined();
});

test("running and correlated executions", async () => {
  const { api, waiting, failed, completed, sub, ended } = await withExecutions();
  const running = await api.get("/workflow/running/waits");
  expect((running.body as unknown as string[]).toSorted()).toEqual([waiting, sub].toSorted());
  const window = await api.get("/workflow/running/waits?startTime=0&endTime=4000000000000");
  expect((window.body as unknown as string[]).toSorted()).toEqual([waiting, sub, ended].toSorted());
  expect((await api.get("/workflow/running/fails")).body).toEqual([]);
  expect((await api.get("/workflow/running/nobody")).body).toEqual([]);

  expect((await api.get("/workflow/waits/correlated/order-1")).body).toMatchObject([
    { workflowId: waiting, tasks: [] },
  ]);
  expect((await api.get("/workflow/fails/correlated/order-2")).body).toEqual([]);
  expect(
    (await api.get("/workflow/fails/correlated/order-2?includeClosed=true&includeTasks=true")).body,
  ).toMatchObject([{ workflowId: failed, tasks: [{ referenceTaskName: "boom" }] }]);
  expect(
    (await api.post("/workflow/sets/correlated?includeClosed=true", ["order-1", "none"])).body,
  ).toMatchObject({
    "order-1": [{ workflowId: completed }],
    none: [],
  });
  const batch = { workflowNames: ["waits", "sets"], correlationIds: ["order-1", "order-3"] };
  const found = (await api.post("/workflow/correlated/batch?includeClosed=true", batch)).body;
  expect(Object.keys(found)).toEqual(["order-1", "order-3"]);
  expect((found["order-1"] as Json[]).map(({ workflowId }) => workflowId)).toEqual([completed, waiting]);
  expect(found["order-3"]).toMatchObject([{ workflowId: ended, status: "TERMINATED" }]);
});

describe("what cannot be searched is refused with 400, and says what is wrong", () => {
  test.each([
    ["/workflow/search?query=status", "character 7"],
    ["/workflow/search?query=nothing%3D1", "nothing"],
    ["/workflow/search?query=taskType%3DHTTP", "taskType"],
    ["/workflow/search?query=status%3DDONE", "DONE"],
    ["/workflow/search?query=a'%20OR%20'1'%3D'1", "character 2"],
    ["/workflow/search?sort=color%3AASC", "color"],
    ["/workflow/search?sort=startTime%3AUP", "startTime:UP"],
    ["/workflow/search?size=5001", "5000"],
    ["/workflow/search?size=-1", "size"],
    ["/workflow/search?size=ten", "size"],
    ["/workflow/search?start=-1", "start"],
    ["/workflow/search?start=9999&size=100", "10000"],
    ["/workflow/search-v2?size=1001", "1000"],
    ["/workflow/search?topLevelOnly=perhaps", "topLevelOnly"],
    ["/tasks/search?query=classifier%3Dx", "classifier"],
    ["/workflow/running/x?version=one", "version"],
    ["/workflow/x/correlated/y?includeClosed=1", "includeClosed"],
  ])("%s", async (path, part) => {
    const api = await openConductor({ runs: false });
    expect(await api.get(path)).toMatchObject({
      status: 400,
      body: { code: "INVALID_ARGUMENT", message: expect.stringContaining(part) as string, retryable: false },
    });
  });

  test.each([
    ["/workflow/x/correlated", {}],
    ["/workflow/x/correlated", []],
    ["/workflow/x/correlated", [1]],
    ["/workflow/correlated/batch", { workflowNames: ["a"] }],
    ["/workflow/correlated/batch", { workflowNames: [], correlationIds: ["a"] }],
  ])("POST %s %j", async (path, body) => {
    const api = await openConductor({ runs: false });
    expect((await api.post(path, body)).status).toBe(400);
  });
});

test("a search that has to look at too many is refused, and an indexed one finds them all", async () => {
  const api = await openConductor({ runs: false });
  const definition = workflowDef.parse({ name: "many", tasks: [task("t", "NOOP")] });
  const most = 10_001;
  const attributes = { workflowType: "many", workflowVersion: 1, status: "RUNNING", topLevel: true };
  for (let begun = 0; begun < most; begun += 500) {
    const count = Math.min(500, most - begun);
    const start = () => api.client.start("conductor.workflow", { definition, input: {} }, { attributes });
    await Promise.all(Array.from({ length: count }, start));
  }
  for (const query of ["", "workflowType=many AND status=RUNNING"]) {
    const last = await search(api, { query, start: "9999", size: "1" });
    expect(last).toMatchObject({
      totalHits: most,
      results: [{ workflowType: "many", status: "RUNNING", input: "" }],
    });
  }
  const refused = async (path: string, part: string) =>
    expect(await api.get(path)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining(part) as string },
    });
  await refused("/workflow/search?sort=workflowType:ASC", "10001 executions");
  await refused("/workflow/search?freeText=many", "10001 executions");
  await refused("/workflow/search?query=workflowType%3D*any", "10001 executions");
  await refused("/workflow/search?start=10000&size=1", "10000");
  await refused("/workflow/running/many", "10001 executions");
  await refused("/tasks/search?query=workflowType%3Dmany", "10001 executions");
});
