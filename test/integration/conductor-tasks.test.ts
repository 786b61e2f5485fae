// Tasks of executions over Conductor's REST API: completed from outside, signalled, waited for.
import { activity } from "heddle";
import { waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

async function started(api: Api, ...tasks: Json[]): Promise<string> {
  return (await api.post("/workflow", { name: "inline", workflowDef: { name: "w", tasks } })).text;
}

const tasksOf = async (api: Api, id: string) =>
  (await api.get(`/workflow/${id}`)).body["tasks"] as readonly (Json & { taskId: string })[];

/** The task of that reference name, as soon as it is there. */
const scheduled = (api: Api, id: string, ref: string) =>
  waitFor(async () => (await tasksOf(api, id)).find((each) => each["referenceTaskName"] === ref), {
    description: `task ${ref} is scheduled`,
  });

describe("a task that somebody outside ends", () => {
  test("by its id: the output is replaced, and a repetition changes nothing", async () => {
    const api = await openConductor();
    const id = await started(api, task("human", "HUMAN"));
    const { taskId } = await scheduled(api, id, "human");
    expect((await api.get(`/tasks/${taskId}`)).body).toMatchObject({ taskId, status: "IN_PROGRESS" });
    const result = { workflowInstanceId: id, taskId, workerId: "me" };
    const progress = { ...result, status: "IN_PROGRESS", outputData: { half: true } };
    const reply = await api.post("/tasks", progress);
    expect(reply).toMatchObject({ status: 200, text: taskId });
    expect(reply.headers["content-type"]).toMatch(/^text\/plain/);
    const last = { ...result, status: "COMPLETED", outputData: { all: true } };
    expect(await api.post("/tasks", last)).toMatchObject({ status: 200, text: taskId });
    const done = { taskId, status: "COMPLETED", outputData: { all: true }, workerId: "me" };
    expect((await api.get(`/tasks/${taskId}`)).body).toMatchObject(done);
    expect(await api.post("/tasks", { ...last, status: "FAILED", outputData: {} })).toMatchObject({
      status: 200,
      text: taskId,
    });
    expect((await api.get(`/workflow/${id}`)).body).toMatchObject({ status: "COMPLETED", tasks: [done] });
  });

  test("by its reference name: the body is merged into the output", async () => {
    const api = await openConductor();
    const id = await started(api, task("human", "HUMAN"), task("next", "WAIT"));
    const { taskId } = await scheduled(api, id, "human");
    expect((await api.post(`/tasks/${id}/human/IN_PROGRESS`, { a: 1, b: 1 })).text).toBe(taskId);
    const synced = await api.post(`/tasks/${id}/human/COMPLETED/sync?workerid=me`, { b: 2 });
    expect(synced.body).toMatchObject({
      workflowId: id,
      tasks: [
        { status: "COMPLETED", outputData: { a: 1, b: 2 }, workerId: "me" },
        { referenceTaskName: "next" },
      ],
    });
    // Nothing of that name is open any more.
    expect(await api.post(`/tasks/${id}/human/COMPLETED`, {})).toMatchObject({ status: 200, text: "" });
    expect(await api.post(`/tasks/${id}/human/COMPLETED/sync`, {})).toMatchObject({
      status: 404,
      body: { code: "TASK_NOT_FOUND" },
    });
    expect(await api.post(`/tasks/${id}/none/COMPLETED`)).toMatchObject({ status: 200, text: "" });
    expect((await tasksOf(api, id))[1]).toMatchObject({ status: "IN_PROGRESS" });
  });

  test("in an iteration of a loop by the name of the definition; the loop itself by nobody", async () => {
    const api = await openConductor();
    const loop = task("loop", "DO_WHILE", {
      loopCondition: "$.loop.iteration < 2",
      loopOver: [task("wait", "WAIT")],
    });
    const id = await started(api, loop);
    expect(await api.post(`/tasks/${id}/loop/COMPLETED`, {})).toMatchObject({
      status: 400,
      body: { code: "INVALID_ARGUMENT" },
    });
    await scheduled(api, id, "wait__1");
    expect((await api.post(`/tasks/${id}/wait/COMPLETED`, {})).text).not.toBe("");
    await scheduled(api, id, "wait__2");
    expect((await api.post(`/tasks/${id}/wait__2/COMPLETED`, {})).text).not.toBe("");
    await waitFor(async () => (await api.get(`/workflow/${id}`)).body["status"] === "COMPLETED", {
      description: "the loop has ended",
    });
  });

  test("instead of a worker, or while one is at it", async () => {
    let begin: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const slow = activity<Json, unknown>({
      name: "slow",
      queue: "slow",
      execute: async (_input, { signal }) => {
        begin();
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        return {};
      },
    });
    const api = await openConductor({ activities: [slow] });
    const id = await started(api, task("nobody"), task("slow"));
    await scheduled(api, id, "nobody");
    await api.post(`/tasks/${id}/nobody/COMPLETED`, { by: "hand" });
    await begun;
    const { taskId } = await scheduled(api, id, "slow");
    const lease = { workflowInstanceId: id, taskId, status: "IN_PROGRESS", extendLease: true };
    expect(await api.post("/tasks", lease)).toMatchObject({ status: 200, text: taskId });
    expect((await api.get(`/tasks/${taskId}`)).body["status"]).not.toBe("COMPLETED");
    await api.post(`/tasks/${id}/slow/FAILED_WITH_TERMINAL_ERROR`, { why: "no" });
    expect((await api.get(`/workflow/${id}`)).body).toMatchObject({
      status: "FAILED",
      tasks: [{ outputData: { by: "hand" } }, { outputData: { why: "no" } }],
    });
  });

  test.each(["none", "0197a5b2-6a52-7d5e-9d3a-1f2e3d4c5b6a", "none.1.0f9a8b7c"])(
    "%j names no task",
    async (taskId) => {
      const api = await openConductor();
      expect(await api.get(`/tasks/${taskId}`)).toMatchObject({ status: 404 });
      const id = await started(api, task("wait", "WAIT"));
      const unknown = { workflowInstanceId: id, taskId, status: "COMPLETED" };
      expect(await api.post("/tasks", unknown)).toMatchObject({
        status: 404,
        body: { code: "TASK_NOT_FOUND" },
      });
      expect(await api.post("/tasks", { ...unknown, workflowInstanceId: "none" })).toMatchObject({
        status: 404,
      });
      expect(await tasksOf(api, id)).toMatchObject([{ status: "IN_PROGRESS", outputData: {} }]);
    },
  );
});

describe("signals", () => {
  const child = (ref: string, ...tasks: Json[]) =>
    task(ref, "SUB_WORKFLOW", { subWorkflowParam: { name: ref, workflowDefinition: { name: ref, tasks } } });

  test("end the first open WAIT, timers included, and no HUMAN", async () => {
    const api = await openConductor();
    const id = await started(
      api,
      task("human", "HUMAN"),
      task("timer", "WAIT", { inputParameters: { duration: "1 day" } }),
    );
    await scheduled(api, id, "human");
    expect(await api.post(`/tasks/${id}/COMPLETED/signal`, { lost: true })).toMatchObject({
      status: 200,
      text: "",
    });
    expect(await api.post(`/tasks/${id}/COMPLETED/signal/sync`, {})).toMatchObject({
      status: 404,
      body: { code: "TASK_NOT_FOUND" },
    });
    await api.post(`/tasks/${id}/human/COMPLETED`);
    await scheduled(api, id, "timer");
    await api.post(`/tasks/${id}/COMPLETED/signal`, { ok: 1 });
    expect((await api.get(`/workflow/${id}`)).body).toMatchObject({
      status: "COMPLETED",
      tasks: [{ outputData: {} }, { outputData: { ok: 1 } }],
    });
    expect(await api.post(`/tasks/${id}/COMPLETED/signal`, {})).toMatchObject({ status: 200, text: "" });
  });

  test("reach the WAIT of a sub-workflow of a sub-workflow", async () => {
    const api = await openConductor();
    const id = await started(api, child("outer", child("inner", task("deep", "WAIT"))));
    const stopped = await waitFor(
      async () => {
        const reply = await api.post(`/tasks/${id}/COMPLETED/signal/sync?returnStrategy=TARGET_WORKFLOW`, {
          x: 1,
        });
        return reply.status === 200 ? reply : undefined;
      },
      { description: "the signal has found the WAIT" },
    );
    expect(stopped.body).toMatchObject({
      responseType: "TARGET_WORKFLOW",
      ...{ targetWorkflowId: id, targetWorkflowStatus: "COMPLETED", workflowId: id, status: "COMPLETED" },
    });
  });

  test("end a WAIT of a paused execution, which goes on when it is resumed", async () => {
    const api = await openConductor();
    const id = await started(api, task("first", "WAIT"), task("second", "WAIT"));
    await scheduled(api, id, "first");
    await api.put(`/workflow/${id}/pause`);
    await api.post(`/tasks/${id}/COMPLETED/signal`, {});
    expect(await tasksOf(api, id)).toMatchObject([{ status: "COMPLETED" }]);
    await api.put(`/workflow/${id}/resume`);
    await scheduled(api, id, "second");
  });
});

describe("a call that waits until an execution stops", () => {
  const STOPS = { name: "stops", tasks: [task("first", "WAIT"), task("second", "WAIT")] };

  test("is answered at its end", async () => {
    const api = await openConductor();
    await api.post("/metadata/workflow", {
      name: "quick",
      version: 4,
      tasks: [task("set", "SET_VARIABLE", { inputParameters: { a: 1 } })],
    });
    const reply = await api.post("/workflow/execute/quick/0?requestId=r-1", {
      correlationId: "c",
      input: { x: 1 },
    });
    const { workflowId } = reply.body;
    expect(reply).toMatchObject({
      status: 200,
      body: {
        ...{ responseType: "TARGET_WORKFLOW", requestId: "r-1", targetWorkflowStatus: "COMPLETED" },
        ...{ targetWorkflowId: workflowId, status: "COMPLETED", correlationId: "c", input: { x: 1 } },
        ...{ variables: { a: 1 }, priority: 0, tasks: [{ referenceTaskName: "set" }] },
      },
    });
    expect(reply.body["signalTimeout"]).toBeUndefined();
  });

  test.each(["TARGET_WORKFLOW", "BLOCKING_WORKFLOW"])("at a WAIT for a signal: %s", async (strategy) => {
    const api = await openConductor();
    const body = { workflowDef: STOPS };
    const reply = await api.post(`/workflow/execute/stops/1?returnStrategy=${strategy}`, body);
    expect(reply.body).toMatchObject({
      ...{ responseType: strategy, targetWorkflowStatus: "RUNNING", status: "RUNNING" },
      input: { _systemMetadata: { dynamic: true } },
      tasks: [{ referenceTaskName: "first", status: "IN_PROGRESS" }],
    });
  });

  test.each(["BLOCKING_TASK", "BLOCKING_TASK_INPUT"])("with the task that blocks: %s", async (strategy) => {
    const api = await openConductor();
    const waits = { name: "stops", tasks: [task("first", "WAIT", { inputParameters: { form: "a" } }), SET] };
    const SET_URL = `?returnStrategy=${strategy}`;
    const reply = await api.post(`/workflow/execute/stops/1${SET_URL}`, { workflowDef: waits });
    const id = String(reply.body["targetWorkflowId"]);
    expect(reply.body).toMatchObject({
      ...{ responseType: strategy, targetWorkflowStatus: "RUNNING", workflowId: id, workflowType: "stops" },
      ...{ taskType: "WAIT", referenceTaskName: "first", status: "IN_PROGRESS", retryCount: 0 },
      ...{ input: { form: "a" }, output: {}, taskDefName: "first" },
      taskId: expect.stringContaining(id) as string,
    });
    // Nothing blocks at the end.
    expect(await api.post(`/tasks/${id}/COMPLETED/signal/sync${SET_URL}`, {})).toMatchObject({
      status: 200,
      text: "",
    });
  });

  test("of a sub-workflow that blocks, by what holds the blocker", async () => {
    const api = await openConductor();
    const sub = { name: "sub", workflowDefinition: { name: "sub", tasks: [task("deep", "WAIT")] } };
    const workflowDef = { name: "parent", tasks: [task("sub", "SUB_WORKFLOW", { subWorkflowParam: sub })] };
    const url = "/workflow/execute/parent/1?returnStrategy=BLOCKING_WORKFLOW";
    const { body } = await api.post(url, { workflowDef });
    expect(body["workflowId"]).not.toBe(body["targetWorkflowId"]);
    expect(body).toMatchObject({ status: "RUNNING", tasks: [{ referenceTaskName: "deep" }] });
  });

  test("at the end of a named task, whatever else is open", async () => {
    const api = await openConductor();
    const timer = task("timer", "WAIT", { inputParameters: { duration: "1 day" } });
    const workflowDef = { name: "named", tasks: [SET, timer] };
    const url = "/workflow/execute/named/1?waitUntilTaskRef=other,set";
    const { body } = await api.post(url, { workflowDef });
    expect(body).toMatchObject({ targetWorkflowStatus: "RUNNING" });
    expect(body["signalTimeout"]).toBeUndefined();
  });

  test("and when the time has passed, with the state of then", async () => {
    const api = await openConductor();
    const timer = task("timer", "WAIT", { inputParameters: { duration: "1 day" } });
    const { body } = await api.post("/workflow/execute/late/1?waitForSeconds=1", {
      workflowDef: { name: "late", tasks: [timer] },
    });
    expect(body).toMatchObject({ signalTimeout: true, targetWorkflowStatus: "RUNNING", tasks: [{}] });
  });
});

const SET = task("set", "SET_VARIABLE", { inputParameters: { a: 1 } });
