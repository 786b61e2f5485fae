// The routes about events, updates through queues, and what operators ask for.
import { CONDUCTOR_EVENT } from "@heddle/conductor";
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

const startNothing = { action: "start_workflow", start_workflow: { name: "nothing" } };
const handler = (rest: Json = {}): Json => ({
  ...{ name: "on paid", event: "kafka:paid", active: true, actions: [startNothing] },
  ...rest,
});

test("event handlers are registered, read, replaced and removed", async () => {
  const api = await openConductor({ runs: false });
  const first = handler();
  expect(await api.post("/event", first)).toMatchObject({ status: 200, text: "" });
  expect(await api.post("/event", first)).toMatchObject({
    status: 409,
    body: { message: expect.stringContaining("on paid already exists") as string },
  });
  // Newer clients send lists.
  expect(await api.post("/event", [handler({ name: "asleep", active: false })])).toMatchObject({
    status: 200,
  });

  const names = async (path: string) =>
    ((await api.get(path)).body as unknown as { name: string }[]).map(({ name }) => name);
  expect(await names("/event")).toEqual(["asleep", "on paid"]);
  expect(await names("/event/kafka:paid")).toEqual(["on paid"]);
  expect(await names("/event/kafka%3Apaid?activeOnly=false")).toEqual(["asleep", "on paid"]);
  expect(await names("/event/kafka:other")).toEqual([]);
  expect(await api.get("/event/handler/asleep")).toMatchObject({ body: { active: false } });

  expect(await api.put("/event", handler({ name: "asleep" }))).toMatchObject({ status: 200, text: "" });
  expect(await names("/event/kafka:paid")).toEqual(["asleep", "on paid"]);
  expect(await api.put("/event", handler({ name: "nobody" }))).toMatchObject({ status: 404 });

  expect(await api.delete("/event/asleep")).toMatchObject({ status: 200, text: "" });
  expect(await api.delete("/event/asleep")).toMatchObject({ status: 404 });
  expect(await api.get("/event/handler/asleep")).toMatchObject({ status: 404 });
  expect(await names("/event")).toEqual(["on paid"]);
});

test.each<[what: string, json: unknown, path: string]>([
  ["no name", handler({ name: "" }), "name"],
  ["an event without a provider", handler({ event: "paid" }), "event"],
  ["no actions", handler({ actions: [] }), "actions"],
  ["an action that nobody knows", handler({ actions: [{ action: "explode" }] }), "actions[0].action"],
  [
    "a start without a name",
    handler({ actions: [{ action: "start_workflow", start_workflow: {} }] }),
    "actions[0].start_workflow.name",
  ],
  [
    "a completion that names no task",
    handler({ actions: [{ action: "complete_task", complete_task: { workflowId: "${w}" } }] }),
    "actions[0].complete_task",
  ],
  ["a condition that is no script", handler({ condition: "$.a >" }), "condition"],
  ["an unknown language", handler({ condition: "1", evaluatorType: "cobol" }), "evaluatorType"],
  ["a name that is too long", handler({ name: "n".repeat(300) }), "name"],
  ["no object", 7, ""],
  ["a list with one that is not valid", [handler({ name: "fine" }), handler({ name: "" })], "name"],
])("a handler with %s is refused, and nothing is stored", async (_what, json, path) => {
  const api = await openConductor({ runs: false });
  expect(await api.post("/event", json)).toMatchObject({
    status: 400,
    body: { validationErrors: [{ path }] },
  });
  expect(await api.get("/event")).toMatchObject({ body: [] });
});

test("a message that is handed over is handled once, and shown with what became of it", async () => {
  const api = await openConductor();
  await api.post("/metadata/workflow", { name: "ship", tasks: [task("ask", "HUMAN")] });
  await api.post("/event", [
    handler({
      actions: [
        { action: "start_workflow", start_workflow: { name: "ship", input: { of: "${order}" } } },
        startNothing,
      ],
    }),
    handler({ name: "large orders", condition: "$.order > 100" }),
  ]);
  const message = { event: "kafka:paid", messageId: "m1", order: 7 };
  expect(await api.post("/event/handleIncomingEvent", message)).toMatchObject({ status: 200, text: "" });
  expect(await api.post("/event/handleIncomingEvent", message)).toMatchObject({ status: 200 });

  const [shown] = await waitFor(
    async () => {
      const { body } = await api.get("/event/message/kafka:paid");
      const messages = body as unknown as Json[];
      return messages[0]?.["status"] === "HANDLED" && messages;
    },
    { description: "the message is handled" },
  );
  expect(shown).toMatchObject({
    ...{ id: "m1", eventType: "kafka", eventTarget: "paid", fullPayload: message },
    payload: JSON.stringify(message),
  });
  const executions = (await api.get("/event/execution/on%20paid")).body as unknown as Json[];
  expect(executions).toMatchObject([
    { id: "m1_0", name: "on paid", action: "start_workflow", status: "COMPLETED", payload: message },
    { id: "m1_1", status: "FAILED", output: { exception: expect.stringContaining("nothing") as string } },
  ]);
  expect(await api.get("/event/execution/large%20orders")).toMatchObject({
    body: [{ id: "m1_0", status: "SKIPPED", output: { condition: "$.order > 100" } }],
  });
  expect(await api.get("/event/execution/large%20orders?from=1")).toMatchObject({ body: [] });
  for (const path of ["/event/execution", "/event/message"])
    expect(await api.get(path)).toMatchObject({
      body: {
        totalHits: 2,
        results: [{ name: "large orders", numberOfMessages: 1 }, { numberOfActions: 2 }],
      },
    });
  expect(await api.client.count({ attributes: { workflowType: "ship" } })).toBe(1);
  expect(await api.get("/admin/queues")).toMatchObject({ body: { "kafka:paid": "kafka:paid" } });
  expect(await api.get("/admin/queues?verbose=true")).toMatchObject({
    body: { "kafka:paid": { "kafka:paid": 0 } },
  });
});

test.each<[what: string, json: unknown, path: string]>([
  ["no event", { order: 7 }, "event"],
  ["an event without a provider", { event: "paid" }, "event"],
  ["an empty id", { event: "kafka:paid", messageId: "" }, "messageId"],
  ["no object", [1], ""],
])("a message with %s is refused, and nothing is stored", async (_what, json, path) => {
  const api = await openConductor({ runs: false });
  expect(await api.post("/event/handleIncomingEvent", json)).toMatchObject({
    status: 400,
    body: { validationErrors: [{ path }] },
  });
  expect(await api.client.count({ type: CONDUCTOR_EVENT })).toBe(0);
});

test("tasks are ended through queues, by reference name and by id", async () => {
  const api = await openConductor();
  await api.post("/metadata/workflow", {
    name: "asks",
    tasks: [task("first", "WAIT"), task("second", "HUMAN")],
    outputParameters: { first: "${first.output.by}", second: "${second.output.by}" },
  });
  const id = (await api.post("/workflow/asks", {})).text;
  const tasks = async () => (await api.get(`/workflow/${id}`)).body["tasks"] as Json[];
  const open = (ref: string) =>
    waitFor(async () => (await tasks()).find((each) => each["referenceTaskName"] === ref), {
      description: `${ref} is open`,
    });
  await open("first");
  expect(await api.post(`/queue/update/${id}/first/COMPLETED`, { by: "name" })).toMatchObject({
    ...{ status: 200, text: "" },
  });
  const second = await open("second");
  const path = `/queue/update/${id}/task/${String(second["taskId"])}/COMPLETED`;
  expect(await api.post(path, { by: "id" })).toMatchObject({ status: 200 });
  expect(await api.client.result(id)).toEqual({ first: "name", second: "id" });
  // Whoever repeats an update hears nothing else.
  expect(await api.post(path, { by: "id" })).toMatchObject({ status: 200 });
  expect(await api.get("/queue/size")).toMatchObject({ body: { "conductor:COMPLETED": 0 } });
  expect(await api.get("/queue/")).toMatchObject({ body: { FAILED: "conductor:FAILED" } });

  expect(await api.post(`/admin/sweep/requeue/${id}`)).toMatchObject({ status: 200, text: `true.${id}` });
  expect(await api.post(`/admin/consistency/verifyAndRepair/${id}`)).toMatchObject({ text: "false" });
});

test.each<[path: string, body: unknown, status: number, words: string]>([
  ["/queue/update/nobody/t/COMPLETED", {}, 404, "nobody"],
  ["/queue/update/nobody/t/IN_PROGRESS", {}, 400, "There is no queue for handling IN_PROGRESS status"],
  ["/queue/update/nobody/task/t/EXPLODED", {}, 400, "EXPLODED"],
  ["/queue/update/nobody/t/FAILED", [1], 400, "one JSON object"],
  ["/admin/sweep/requeue/nobody", undefined, 404, "nobody"],
  ["/admin/consistency/verifyAndRepair/nobody", undefined, 404, "nobody"],
])("%s with %j is refused", async (path, body, status, words) => {
  const api = await openConductor({ runs: false });
  expect(await api.post(path, body)).toMatchObject({
    status,
    body: { status, message: expect.stringContaining(words) as string },
  });
});
