// Extension of Conductor's API: named signals that are kept, delivered once, and may start what they are for.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

const wait = (ref: string, signal: string, rest: Json = {}) =>
  task(ref, "WAIT", { inputParameters: { signal, ...rest } });
const APPROVAL = {
  name: "approval",
  tasks: [task("ask", "HUMAN"), wait("first", "approved"), wait("second", "approved")],
  outputParameters: { first: "${first.output.by}", second: "${second.output.by}" },
};

const completed = (api: Api, id: string) =>
  waitFor(
    async () => {
      const { body } = await api.get(`/workflow/${id}`);
      return body["status"] === "COMPLETED" ? body : undefined;
    },
    { description: `execution ${id} is completed` },
  );
const complete = (api: Api, id: string, ref: string) =>
  api.client.updates.execute(id, "conductor.updateTask", { taskReferenceName: ref, status: "COMPLETED" });

test("signals that come before their WAIT are kept, in order, and delivered once", async () => {
  const api = await openConductor();
  await api.post("/metadata/workflow", APPROVAL);
  const id = (await api.post("/workflow/approval", {})).text;
  const signal = (by: string, signalId: string) =>
    api.post(`/workflow/${id}/signals/approved?signalId=${signalId}`, { by });
  expect(await signal("Ada", "s-1")).toMatchObject({
    status: 200,
    body: { workflowId: id, signal: "approved", signalId: "s-1", outcome: "signalled" },
  });
  expect((await signal("Eve", "s-1")).body).toMatchObject({ outcome: "duplicate" });
  const byKey = await api.call(
    "POST",
    `/workflow/${id}/signals/approved`,
    { by: "Grace" },
    {
      "idempotency-key": "s-2",
    },
  );
  expect(byKey.body).toMatchObject({ signalId: "s-2", outcome: "signalled" });
  await complete(api, id, "ask");
  expect(await completed(api, id)).toMatchObject({ output: { first: "Ada", second: "Grace" } });
  expect((await signal("Ada", "s-3")).status).toBe(409);
});

test("a WAIT for a signal ends by its time or by an update as well, and leaves no claim on later signals", async () => {
  const api = await openConductor();
  const definition = {
    name: "timed",
    tasks: [wait("short", "go", { duration: "1 second" }), wait("long", "go"), wait("last", "go")],
    outputParameters: { long: "${long.output}", last: "${last.output}" },
  };
  const id = (await api.post("/workflow", { name: "timed", workflowDef: definition })).text;
  const open = (ref: string) =>
    waitFor(
      async () => {
        const { body } = await api.get(`/workflow/${id}`);
        return (body["tasks"] as Json[]).some(
          (each) => each["referenceTaskName"] === ref && each["status"] === "IN_PROGRESS",
        );
      },
      { description: `${ref} waits` },
    );
  await open("long");
  await complete(api, id, "long");
  await open("last");
  await api.post(`/workflow/${id}/signals/go`, { at: "last" });
  expect(await completed(api, id)).toMatchObject({ output: { long: {}, last: { at: "last" } } });
});

test("a signal that no task took is there for the run of a retry", async () => {
  const api = await openConductor();
  const definition = {
    name: "carries",
    tasks: [task("ask", "HUMAN", { taskDefinition: { retryCount: 0 } }), wait("wait", "approved")],
    outputParameters: { by: "${wait.output.by}" },
  };
  const id = (await api.post("/workflow", { name: "carries", workflowDef: definition })).text;
  await api.post(`/workflow/${id}/signals/approved`, { by: "Ada" });
  await api.client.updates.execute(id, "conductor.updateTask", {
    taskReferenceName: "ask",
    status: "FAILED",
  });
  await waitFor(async () => (await api.get(`/workflow/${id}`)).body["status"] === "FAILED", {
    description: "it has failed",
  });
  expect((await api.post(`/workflow/${id}/retry`)).status).toBe(204);
  await complete(api, id, "ask");
  expect(await completed(api, id)).toMatchObject({ output: { by: "Ada" } });
});

test("start-or-signal converges on one execution and one signal", async () => {
  const api = await openConductor();
  await api.post("/metadata/workflow", {
    name: "order",
    tasks: [wait("paid", "paid")],
    outputParameters: { got: "${paid.output.cents}", input: "${workflow.input.item}" },
  });
  const send = (body: Json) => api.post("/workflow/order/start-or-signal/paid", body);
  const same = { workflowId: "order-7", signalId: "p-1", payload: { cents: 12 }, input: { item: "cup" } };
  const replies = await Promise.all(Array.from({ length: 10 }, () => send(same)));
  expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(replies.filter(({ body }) => body["outcome"] === "duplicate")).toHaveLength(9);
  expect(await completed(api, "order-7")).toMatchObject({ output: { got: 12, input: "cup" } });
  expect(await send({ ...same, signalId: "p-2" })).toMatchObject({ status: 409 });
  expect((await send({ ...same, signalId: "p-2", onTerminalConflict: "start-new" })).status).toBe(201);

  // The same key as that of a start means the same execution.
  const started = await api.post("/workflow", {
    name: "order",
    idempotencyKey: "k-1",
    input: { item: "tea" },
  });
  const signalled = await send({ idempotencyKey: "k-1", payload: { cents: 3 } });
  expect(signalled.body).toEqual({ workflowId: started.text, outcome: "signalled" });
  expect(await completed(api, started.text)).toMatchObject({ output: { got: 3, input: "tea" } });
});

test("bad signals are refused and reach nobody", async () => {
  const api = await openConductor({ runs: false });
  await api.post("/metadata/workflow", APPROVAL);
  const table: readonly (readonly [string, unknown, number, RegExp])[] = [
    ["/workflow/none/signals/approved", {}, 404, /none/],
    ["/workflow/none/signals/conductor.terminate", {}, 400, /conductor\.terminate/],
    ["/workflow/approval/start-or-signal/conductor.pause", { workflowId: "x", signalId: "y" }, 400, /steers/],
    ["/workflow/approval/start-or-signal/approved", { signalId: "y" }, 400, /workflowId nor idempotencyKey/],
    ["/workflow/approval/start-or-signal/approved", { workflowId: "x" }, 400, /signalId/],
    ["/workflow/approval/start-or-signal/approved", { workflowId: "x", signalId: "" }, 400, /signalId/],
    ["/workflow/unknown/start-or-signal/approved", { workflowId: "x", signalId: "y" }, 404, /unknown/],
    ["/workflow/approval/start-or-signal/approved", [], 400, /.*/],
    [
      "/workflow/approval/start-or-signal/approved",
      { workflowId: "x", signalId: "y", onTerminalConflict: "no" },
      400,
      /.*/,
    ],
  ];
  for (const [path, body, status, message] of table) {
    const reply = await api.post(path, body);
    expect([path, body, reply.status]).toEqual([path, body, status]);
    expect(JSON.stringify(reply.body)).toMatch(message);
  }
  expect(await api.client.count()).toBe(0);
});
