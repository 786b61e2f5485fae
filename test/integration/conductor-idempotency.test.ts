// Idempotency keys of starts, over Conductor's API and of tasks that start workflows.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

const NOOP = { name: "noop", tasks: [task("noop", "NOOP")] };
const ASK = { name: "ask", tasks: [task("ask", "HUMAN")] };

async function open() {
  const api = await openConductor();
  for (const definition of [NOOP, ASK]) await api.post("/metadata/workflow", definition);
  const start = (name: string, idempotencyStrategy?: string, rest: Json = {}) =>
    api.post("/workflow", { name, idempotencyKey: "order-7", idempotencyStrategy, ...rest });
  return { api, start };
}
const ended = (api: Api, id: string) =>
  waitFor(
    async () => {
      const { body } = await api.get(`/workflow/${id}`);
      return body["status"] === "RUNNING" ? undefined : body;
    },
    { description: `execution ${id} has ended` },
  );

test("one of many starts with the same key makes the execution", async () => {
  const { api, start } = await open();
  const found = await Promise.all(Array.from({ length: 10 }, () => start("ask", "RETURN_EXISTING")));
  expect(new Set(found.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(await api.client.count()).toBe(1);
  const refused = await Promise.all(
    Array.from({ length: 10 }, () => start("ask", "FAIL", { idempotencyKey: "other" })),
  );
  expect(refused.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(refused.filter(({ status }) => status === 409)).toHaveLength(9);
  expect(await api.client.count()).toBe(2);
});

test("each strategy does as it says with open and with closed executions", async () => {
  const { api, start } = await open();
  const first = (await start("ask")).text;
  expect((await start("ask")).text).toBe(first);
  expect((await start("ask", "FAIL_ON_RUNNING")).status).toBe(409);
  const refusal = await start("ask", "FAIL");
  expect(refusal).toMatchObject({
    status: 409,
    body: { message: expect.stringContaining("order-7") as string },
  });
  // A key is one of a definition.
  const other = (await start("noop")).text;
  expect(other).not.toBe(first);
  const { endTime } = await ended(api, other);
  expect((await start("noop", "RETURN_EXISTING")).text).toBe(other);
  expect((await start("noop", "FAIL")).status).toBe(409);
  expect((await ended(api, other))["endTime"]).toBe(endTime);
  expect((await start("noop", "FAIL_ON_RUNNING")).text).toBe(other);
  expect((await ended(api, other))["status"]).toBe("COMPLETED");
  expect((await start("noop", "SOMETIMES")).status).toBe(400);
});

test("tasks that start workflows heed the key", async () => {
  const { api, start } = await open();
  const existing = (await start("ask")).text;
  const request = (name: string, idempotencyStrategy: string) => ({
    startWorkflow: { name, idempotencyKey: "order-7", idempotencyStrategy },
  });
  const starting = (ref: string, name: string, strategy: string) =>
    task(ref, "START_WORKFLOW", { optional: true, inputParameters: request(name, strategy) });
  const sub = (ref: string, name: string, idempotencyStrategy: string) =>
    task(ref, "SUB_WORKFLOW", {
      optional: true,
      subWorkflowParam: { name, idempotencyKey: "${workflow.input.key}", idempotencyStrategy },
    });
  const tasks = [
    ...[starting("found", "ask", "RETURN_EXISTING"), starting("refused", "ask", "FAIL")],
    ...[starting("running", "ask", "FAIL_ON_RUNNING"), starting("made", "noop", "FAIL")],
    ...[
      sub("sub", "noop", "FAIL"),
      sub("again", "noop", "FAIL_ON_RUNNING"),
      sub("open", "ask", "RETURN_EXISTING"),
    ],
  ];
  const parent = (
    await api.post("/workflow", { name: "p", workflowDef: { name: "p", tasks }, input: { key: "order-7" } })
  ).text;
  const execution = await ended(api, parent);
  const states = (execution["tasks"] as Json[]).map(
    (each) => `${String(each["referenceTaskName"])} ${String(each["status"])}`,
  );
  expect(states).toEqual([
    ...[
      "found COMPLETED",
      "refused COMPLETED_WITH_ERRORS",
      "running COMPLETED_WITH_ERRORS",
      "made COMPLETED",
    ],
    ...["sub COMPLETED_WITH_ERRORS", "again COMPLETED", "open COMPLETED_WITH_ERRORS"],
  ]);
  const [found, refused] = execution["tasks"] as Json[];
  expect(found?.["outputData"]).toEqual({ workflowId: existing });
  expect(refused?.["reasonForIncompletion"]).toMatch(/order-7/);
});
