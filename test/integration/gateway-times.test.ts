// Timeouts and delays over HTTP; accepting them needs no coordinator.
import { expect, test } from "vitest";
import { openGateway } from "./support/open-gateway.js";

test("a start takes timeouts and a start time with any zone; describe and list show them", async () => {
  const { post, get } = await openGateway();
  const start = { type: "order", id: "order-1", startAt: "2999-01-01T01:00:00+01:00" };
  const timeouts = { executionTimeout: "2h", runTimeout: 3_600_000 };
  expect(await post("", { ...start, ...timeouts })).toMatchObject({ status: 201 });
  const times = { status: "pending", startAt: "2999-01-01T00:00:00.000Z" };
  expect((await get("/order-1")).body).toMatchObject({
    ...times,
    executionDeadline: "2999-01-01T02:00:00.000Z",
    runDeadline: "2999-01-01T01:00:00.000Z",
  });
  expect((await get("")).body).toMatchObject({ items: [{ id: "order-1", ...times }] });
  await post("", { type: "order", id: "order-2" });
  const plain = Object.keys((await get("/order-2")).body);
  for (const field of ["startAt", "executionDeadline", "runDeadline"]) expect(plain).not.toContain(field);
});

test("start-or-signal takes timeouts and no delay", async () => {
  const { post, get } = await openGateway();
  const body = { type: "order", id: "cart", signal: { name: "paid", signalId: "one" } };
  expect(await post("/start-or-signal", { ...body, runTimeout: "1h" })).toMatchObject({ status: 201 });
  const { createdAt, runDeadline } = (await get("/cart")).body as Record<string, string>;
  expect(Date.parse(runDeadline ?? "") - Date.parse(createdAt ?? "")).toBe(3_600_000);
  const delayed = await post("/start-or-signal", { ...body, startAfter: "1h" });
  expect(delayed).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
});

test.each([
  [{ runTimeout: "soon" }, /runTimeout "soon" is no duration/],
  [{ executionTimeout: 0 }, /executionTimeout is 0/],
  [{ startAfter: "1h", startAt: 5 }, /given together/],
  [{ startAt: "tomorrow" }, /startAt/],
  [{ startAt: "2999-01-01T00:00:00" }, /startAt/],
])("%j is refused by name and nothing is started", async (options, message) => {
  const { post, get } = await openGateway();
  const { status, body } = await post("", { type: "order", id: "order-1", ...options });
  expect(status).toBe(400);
  expect(JSON.stringify(body).replaceAll("\\", "")).toMatch(message);
  expect(await get("/order-1")).toMatchObject({ status: 404 });
});
