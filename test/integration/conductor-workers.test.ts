// Workers of Conductor: they poll a real gateway and say how their tasks ended.
import { activity } from "@heddle/workflow";
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import {
  openConductor,
  task,
  type Json,
  type OpenConductorOptions,
  type Reply,
} from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

async function open(options: OpenConductorOptions = {}): Promise<Api> {
  return openConductor(options);
}

async function start(api: Api, request: Json): Promise<string> {
  const { definition, ...rest } = request;
  const workflowDef = { name: "jobs", ...(definition as Json) };
  const { status, text } = await api.post("/workflow", { name: "jobs", workflowDef, ...rest });
  expect([status, text]).toEqual([200, expect.any(String)]);
  return text;
}

async function poll(api: Api, type: string, query = ""): Promise<Json> {
  const polled = await waitFor(
    async () => {
      const { status, body } = await api.get(`/tasks/poll/${type}?workerid=w1&timeout=5000${query}`);
      expect([200, 204]).toContain(status);
      return status === 200 ? body : undefined;
    },
    { description: `a task of ${type}` },
  );
  return polled;
}

const result = (polled: Json, rest: Json = {}): Json => ({
  ...{ workflowInstanceId: polled["workflowInstanceId"], taskId: polled["taskId"] },
  ...{ status: "COMPLETED", outputData: {}, workerId: "w1", ...rest },
});

async function ended(api: Api, workflowId: string): Promise<Json> {
  return waitFor(
    async () => {
      const { body } = await api.get(`/workflow/${workflowId}`);
      return body["status"] === "RUNNING" ? undefined : body;
    },
    { description: "the execution has ended" },
  );
}

const tasksOf = (execution: Json): Json[] => execution["tasks"] as Json[];
const batch = (reply: Reply): Json[] => JSON.parse(reply.text) as Json[];

test("a worker polls a task, the execution shows it in progress, and goes on with what it says", async () => {
  const api = await open();
  expect(await api.get("/tasks/poll/pack?workerid=w1")).toMatchObject({ status: 204, text: "" });
  const workflowId = await start(api, {
    definition: { tasks: [task("pack", "SIMPLE", { inputParameters: { box: "${workflow.input.box}" } })] },
    input: { box: 7 },
    correlationId: "order-1",
  });
  const polled = await poll(api, "pack");
  expect(polled).toMatchObject({
    ...{ taskType: "pack", status: "IN_PROGRESS", workerId: "w1", pollCount: 1, callbackAfterSeconds: 0 },
    ...{ referenceTaskName: "pack", inputData: { box: 7 }, workflowInstanceId: workflowId },
    ...{ correlationId: "order-1", workflowType: "jobs", startTime: expect.any(Number) as number },
  });
  const open1 = (await api.get(`/workflow/${workflowId}`)).body;
  expect(tasksOf(open1)[0]).toMatchObject({
    ...{ status: "IN_PROGRESS", workerId: "w1", startTime: polled["startTime"], pollCount: 1 },
  });
  const told = await api.post("/tasks", result(polled, { outputData: { kg: 3 } }));
  expect(told).toMatchObject({ status: 200, text: polled["taskId"] });
  expect(told.headers["content-type"]).toMatch(/^text\/plain/);
  const execution = await ended(api, workflowId);
  expect(execution).toMatchObject({ status: "COMPLETED", output: { kg: 3 } });
  expect(tasksOf(execution)[0]).toMatchObject({
    ...{ status: "COMPLETED", outputData: { kg: 3 }, workerId: "w1", pollCount: 1 },
    startTime: polled["startTime"],
  });
  // Workers repeat what was not answered.
  expect(await api.post("/tasks", result(polled))).toMatchObject({ status: 200 });
});

test("a batch gets what there is; an empty one is a list", async () => {
  const api = await open();
  expect(batch(await api.get("/tasks/poll/batch/pack?count=5"))).toEqual([]);
  const ids = await Promise.all(
    Array.from({ length: 3 }, () => start(api, { definition: { tasks: [task("pack")] } })),
  );
  const polled: Json[] = [];
  await waitFor(
    async () => {
      polled.push(...batch(await api.get("/tasks/poll/batch/pack?count=2&timeout=5000&workerid=w1")));
      return polled.length === 3;
    },
    { description: "all tasks are polled" },
  );
  expect(new Set(polled.map(({ workflowInstanceId: id }) => id))).toEqual(new Set(ids));
});

test.each([
  ["/tasks/poll/batch/pack?timeout=5001", "timeout"],
  ["/tasks/poll/batch/pack?count=0", "count"],
  ["/tasks/poll/batch/pack?count=1001", "count"],
  ["/tasks/poll/pack?timeout=-1", "timeout"],
  ["/tasks/queue/size", "taskType"],
  ["/tasks/queue/polldata", "taskType"],
])("GET %s is refused and names %s", async (path, field) => {
  const api = await open({ runs: false });
  expect(await api.get(path)).toMatchObject({
    status: 400,
    body: { status: 400, message: expect.stringContaining(field) as string },
  });
});

test.each<[string, Json, string]>([
  ["no task", { taskId: undefined }, "taskId"],
  ["no workflow", { workflowInstanceId: "" }, "workflowInstanceId"],
  ["an unknown status", { status: "DONE" }, "status"],
  ["a timed-out status", { status: "TIMED_OUT" }, "status"],
  ["output that is no object", { outputData: [1] }, "outputData"],
  ["a negative callback", { status: "IN_PROGRESS", callbackAfterSeconds: -1 }, "callbackAfterSeconds"],
])("a result with %s is refused and names the field", async (_what, change, field) => {
  const api = await open({ runs: false });
  const body = { workflowInstanceId: "w", taskId: "t", status: "COMPLETED", ...change };
  for (const path of ["/tasks", "/tasks/update-v2"]) {
    const reply = await api.post(path, body);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain(field);
  }
});

test("a result for an unknown workflow or task is not found", async () => {
  const api = await open();
  const polled = { workflowInstanceId: "none", taskId: "none" };
  expect(await api.post("/tasks", result(polled))).toMatchObject({ status: 404 });
  const workflowInstanceId = await start(api, { definition: { tasks: [task("pack")] } });
  expect(await api.post("/tasks", result({ ...polled, workflowInstanceId }))).toMatchObject({ status: 404 });
});

test("a failed task is tried again as a task of its own, a terminal failure is not", async () => {
  const api = await open();
  const definition = {
    tasks: [
      task("pack", "SIMPLE", { taskDefinition: { name: "pack", retryCount: 1, retryDelaySeconds: 0 } }),
    ],
  };
  const workflowId = await start(api, { definition });
  const first = await poll(api, "pack");
  await api.post("/tasks", result(first, { status: "FAILED", reasonForIncompletion: "no box" }));
  const second = await poll(api, "pack");
  expect(second).toMatchObject({ retryCount: 1, retriedTaskId: first["taskId"] });
  await api.post("/tasks", result(second, { status: "FAILED_WITH_TERMINAL_ERROR" }));
  const execution = await ended(api, workflowId);
  expect(execution["status"]).toBe("FAILED");
  expect(tasksOf(execution).map(({ status }) => status)).toEqual(["FAILED", "FAILED_WITH_TERMINAL_ERROR"]);
});

test("a task in progress with a callback is back in its queue after that time, with its output", async () => {
  const api = await open();
  const workflowId = await start(api, { definition: { tasks: [task("pack")] } });
  const first = await poll(api, "pack");
  const before = Date.now();
  await api.post(
    "/tasks",
    result(first, { status: "IN_PROGRESS", callbackAfterSeconds: 1, outputData: { done: 1 } }),
  );
  expect(tasksOf((await api.get(`/workflow/${workflowId}`)).body)[0]).toMatchObject({
    ...{ status: "SCHEDULED", callbackAfterSeconds: 1, outputData: { done: 1 } },
  });
  const again = await poll(api, "pack");
  expect(Date.now() - before).toBeGreaterThanOrEqual(1_000);
  expect(again).toMatchObject({ taskId: first["taskId"], pollCount: 2, outputData: { done: 1 } });
  await api.post("/tasks", result(again));
  expect(tasksOf(await ended(api, workflowId))[0]).toMatchObject({ status: "COMPLETED", pollCount: 2 });
});

test("a worker that extends its lease keeps its task, one that falls silent loses it", async () => {
  const api = await open();
  const taskDefinition = { name: "pack", retryCount: 1, retryDelaySeconds: 0, responseTimeoutSeconds: 1 };
  const workflowId = await start(api, {
    definition: { tasks: [task("pack", "SIMPLE", { taskDefinition })] },
  });
  const polled = await poll(api, "pack");
  const startedMs = Date.now();
  while (Date.now() - startedMs < 2_000) {
    const kept = await api.post("/tasks", result(polled, { status: "IN_PROGRESS", extendLease: true }));
    expect(kept.status).toBe(200);
    expect(tasksOf((await api.get(`/workflow/${workflowId}`)).body)[0]).toMatchObject({
      status: "IN_PROGRESS",
    });
  }
  const second = await poll(api, "pack");
  expect(second).toMatchObject({ retryCount: 1 });
  const tasks = tasksOf((await api.get(`/workflow/${workflowId}`)).body);
  expect(tasks[0]).toMatchObject({
    status: "TIMED_OUT",
    reasonForIncompletion: expect.stringContaining("responseTimeout") as string,
  });
  // Too late: nothing of it.
  expect(await api.post("/tasks", result(polled, { outputData: { late: true } }))).toMatchObject({
    status: 200,
  });
  await api.post("/tasks", result(second, { outputData: { late: false } }));
  expect((await ended(api, workflowId))["output"]).toEqual({ late: false });
});

test("update-v2 answers with the next task of the type, or with nothing", async () => {
  const api = await open();
  const [one, two] = [
    await start(api, { definition: { tasks: [task("pack")] } }),
    await start(api, { definition: { tasks: [task("pack")] } }),
  ];
  const first = await poll(api, "pack");
  const next = await waitFor(
    async () => {
      // Both are surely in the queue.
      const { text } = await api.get("/tasks/queue/size?taskType=pack");
      return text === "1" ? api.post("/tasks/update-v2", result(first)) : undefined;
    },
    { description: "the other task waits" },
  );
  expect(next).toMatchObject({
    status: 200,
    body: { taskType: "pack", status: "IN_PROGRESS", workerId: "w1" },
  });
  expect(new Set([first["workflowInstanceId"], next.body["workflowInstanceId"]])).toEqual(
    new Set([one, two]),
  );
  expect(await api.post("/tasks/update-v2", result(next.body))).toMatchObject({ status: 204, text: "" });
  expect(await api.post("/tasks/update-v2", result(next.body))).toMatchObject({ status: 204 });
});

test("workers that poll and workers of Heddle serve one type side by side", async () => {
  const done: string[] = [];
  const native = activity<Json, Json>({
    ...{ name: "pack", queue: "pack" },
    execute: (given) => {
      done.push(String(given["taskId"]));
      return { by: "heddle" };
    },
  });
  const api = await open({ activities: [native] });
  const ids = await Promise.all(
    Array.from({ length: 10 }, () => start(api, { definition: { tasks: [task("pack")] } })),
  );
  let isOver = false;
  const polling = (async () => {
    while (!isOver) {
      for (const polled of batch(await api.get("/tasks/poll/batch/pack?count=2&workerid=w1"))) {
        done.push(String(polled["taskId"]));
        await api.post("/tasks", result(polled, { outputData: { by: "poll" } }));
      }
    }
  })();
  const executions = await Promise.all(ids.map((id) => ended(api, id)));
  isOver = true;
  await polling;
  expect(executions.every(({ status }) => status === "COMPLETED")).toBe(true);
  expect(new Set(done).size).toBe(10);
  expect(done).toHaveLength(10);
});

test("a task goes to the first domain that somebody polls, else to the last", async () => {
  const api = await open();
  const definition = { tasks: [task("pack")] };
  await api.get("/tasks/poll/pack?workerid=w1&domain=green");
  const served = await start(api, { definition, taskToDomain: { "*": "blue,green,red" } });
  expect(await poll(api, "pack", "&domain=green")).toMatchObject({
    workflowInstanceId: served,
    domain: "green",
  });
  const unserved = await start(api, { definition, taskToDomain: { pack: "blue,red" } });
  expect(await poll(api, "pack", "&domain=red")).toMatchObject({
    workflowInstanceId: unserved,
    domain: "red",
  });
  const everybody = await start(api, { definition, taskToDomain: { "*": "blue, NO_DOMAIN" } });
  expect(await poll(api, "pack")).toMatchObject({ workflowInstanceId: everybody });
  expect((await api.get("/tasks/queue/polldata?taskType=pack")).text).toContain('"domain":"green"');
});

test("secrets are in what a worker gets, and in nothing else", async () => {
  const api = await open({ system: { secrets: { KEY: "canary-4711" } } });
  const inputParameters = { key: "Bearer ${workflow.secrets.KEY}" };
  const workflowId = await start(api, {
    definition: { tasks: [task("pack", "SIMPLE", { inputParameters })] },
  });
  const polled = await poll(api, "pack");
  expect(polled["inputData"]).toEqual({ key: "Bearer canary-4711" });
  expect((await api.get(`/workflow/${workflowId}`)).text).not.toContain("canary-4711");
});

test("a log has its lines in order, as text or as JSON of a text; one without lines is empty", async () => {
  const api = await open();
  await start(api, { definition: { tasks: [task("pack")] } });
  const polled = await poll(api, "pack");
  const path = `/tasks/${String(polled["taskId"])}/log`;
  expect(await api.get(path)).toMatchObject({ status: 204, text: "" });
  expect(await api.post(path, "one")).toMatchObject({ status: 200, text: "" });
  const plain = await api.gateway.inject({
    ...{ method: "POST", url: `/api${path}`, payload: "two", headers: { "content-type": "text/plain" } },
  });
  expect(plain.statusCode).toBe(200);
  await api.post("/tasks", result(polled, { logs: [{ log: "three", createdTime: 5 }] }));
  expect(batch(await api.get(path))).toMatchObject([
    { log: "one", taskId: polled["taskId"], createdTime: expect.any(Number) as number },
    { log: "two" },
    { log: "three", createdTime: 5 },
  ]);
});

test("sizes and polls of queues can be seen", async () => {
  const api = await open();
  await start(api, { definition: { tasks: [task("pack")] }, taskToDomain: { pack: "blue" } });
  await start(api, { definition: { tasks: [task("com.acme.ship")] } });
  await waitFor(
    async () =>
      (await api.get("/tasks/queue/sizes?taskType=com.acme.ship&taskType=none")).text ===
      '{"com.acme.ship":1,"none":0}',
    { description: "the task is in its queue" },
  );
  await waitFor(async () => (await api.get("/tasks/queue/size?taskType=pack&domain=blue")).text === "1", {
    description: "the other, too",
  });
  expect((await api.get("/tasks/queue/all")).body).toMatchObject({ "blue:pack": 1, "com.acme.ship": 1 });
  expect((await api.get("/tasks/queue/all/verbose")).body).toMatchObject({
    "blue:pack": { a: { size: 1, uacked: 0 } },
  });
  expect((await api.post("/tasks/queue/requeue/com.acme.ship")).text).toBe("1");
  await poll(api, "pack", "&domain=blue");
  const [data] = batch(await api.get("/tasks/queue/polldata/all"));
  expect(data).toEqual({
    ...{ queueName: "pack", domain: "blue", workerId: "w1", lastPollTime: expect.any(Number) as number },
  });
});

test("no more tasks are in progress than their definition allows, and the next is there when one has ended", async () => {
  const api = await open();
  const taskDefinition = { name: "pack", concurrentExecLimit: 2, responseTimeoutSeconds: 60 };
  const definition = { tasks: [task("pack", "SIMPLE", { taskDefinition })] };
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.push(await start(api, { definition }));
  const held = [await poll(api, "pack"), await poll(api, "pack")];
  expect(await api.get("/tasks/poll/pack?timeout=1500")).toMatchObject({ status: 204 });
  for (let index = 0; index < 3; index++) {
    await api.post("/tasks", result(held.shift() ?? {}));
    held.push(await poll(api, "pack"));
    expect(await api.get("/tasks/poll/pack?timeout=50")).toMatchObject({ status: 204 });
  }
  // An execution that ends takes its task with it.
  const [terminated, last] = held.map(({ workflowInstanceId: id }) => String(id));
  const more = await start(api, { definition });
  await api.client.terminate(terminated ?? "", {});
  expect(await poll(api, "pack")).toMatchObject({ workflowInstanceId: more });
  expect(ids).toContain(last);
});

test("a rate is kept over any period", async () => {
  const api = await open();
  const taskDefinition = { name: "pack", rateLimitPerFrequency: 2, rateLimitFrequencyInSeconds: 2 };
  const definition = { tasks: [task("pack", "SIMPLE", { taskDefinition })] };
  for (let index = 0; index < 5; index++) await start(api, { definition });
  const startTimes: number[] = [];
  while (startTimes.length < 5) startTimes.push(Number((await poll(api, "pack"))["startTime"]));
  for (const [index, atMs] of startTimes.entries()) {
    const earlier = startTimes[index - 2];
    if (earlier !== undefined) expect(atMs - earlier).toBeGreaterThanOrEqual(1_990);
  }
});

test("a poll ends when the gateway drains", async () => {
  const api = await open();
  const polling = api.get("/tasks/poll/pack?timeout=5000");
  const before = Date.now();
  api.gateway.drain();
  expect((await polling).status).toBe(204);
  expect(Date.now() - before).toBeLessThan(4_000);
});

test("a poll whose worker hangs up takes nothing", async () => {
  const api = await open();
  const url = await api.gateway.listen({ host: "127.0.0.1", port: 0 });
  const hangUp = new AbortController();
  const arrived = new Promise<void>((resolve) => {
    api.gateway.server.on("request", () => resolve());
  });
  const given = fetch(`${url}/api/tasks/poll/pack?timeout=5000`, { signal: hangUp.signal });
  await arrived;
  hangUp.abort();
  await expect(given).rejects.toThrow();
  const workflowId = await start(api, { definition: { tasks: [task("pack")] } });
  expect(await poll(api, "pack")).toMatchObject({ workflowInstanceId: workflowId, pollCount: 1 });
});

test("a task whose answer cannot be delivered is in its queue again at once", async () => {
  const api = await open();
  const hangUp = new AbortController();
  let isFirst = true;
  // The poll has its task, and its worker is gone before it hears of it.
  api.gateway.addHook("onSend", async (request, reply) => {
    if (!isFirst || !request.url.startsWith("/api/tasks/poll") || reply.statusCode !== 200) return;
    isFirst = false;
    const gone = new Promise((resolve) => reply.raw.once("close", resolve));
    hangUp.abort();
    await gone;
  });
  const url = await api.gateway.listen({ host: "127.0.0.1", port: 0 });
  const workflowId = await start(api, { definition: { tasks: [task("pack")] } });
  await expect(
    (async () => {
      for (;;) await fetch(`${url}/api/tasks/poll/pack?timeout=5000`, { signal: hangUp.signal });
    })(),
  ).rejects.toThrow();
  const before = Date.now();
  expect(await poll(api, "pack")).toMatchObject({ workflowInstanceId: workflowId, pollCount: 1 });
  expect(Date.now() - before).toBeLessThan(4_000);
});
