// Jobs that a foreign service puts on the ingestion queue with BullMQ alone. Accepting them needs no coordinator.
import type { PayloadCodec } from "@heddle/protocol";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { keysOf, openRedis } from "./support/namespace-keys.js";
import { openForeignQueue, openIngestion, QUEUE } from "./support/open-ingestion.js";

const signalTo = (id: string, payload: unknown = null) => ({ id, name: "add", payload });

describe("a job", () => {
  test("starts, signals, or does either, and leaves nothing behind", async () => {
    const { queue, drained, accepted, letters, get, namespace } = await openIngestion();
    await queue.add("start", { type: "cart", id: "cart-1" }, { jobId: "start-1" });
    await drained();
    await queue.add("signal", signalTo("cart-1"), { jobId: "click-1", removeOnComplete: false });
    await queue.add(
      "start-or-signal",
      { type: "cart", id: "cart-2", signal: { name: "add", payload: [1] } },
      { jobId: "click-2", removeOnComplete: { count: 100 }, attempts: 5 },
    );
    await drained();
    expect([await accepted("cart-1"), await accepted("cart-2"), await letters()]).toEqual([2, 2, []]);
    expect((await get("/workflows/count")).body).toEqual({ count: 2 });
    const left = (await keysOf(openRedis(), namespace)).filter((key) => key.includes(`:${QUEUE}:`));
    expect(left.map((key) => key.split(`:${QUEUE}:`)[1])).not.toContain("click-1");
    expect(await queue.getJobCountByTypes("completed", "failed")).toBe(0);
  });

  test("put again after it was removed is the same one", async () => {
    const { queue, drained, accepted, letters, get } = await openIngestion();
    for (const _ of ["first", "second"]) {
      await queue.add("start", { type: "cart", id: "cart-1" }, { jobId: "start-1" });
      await queue.add("start", { type: "cart" }, { jobId: "start-2" });
      await drained();
      await queue.add("signal", signalTo("cart-1"), { jobId: "click-1" });
      await queue.add("start-or-signal", { type: "cart", signal: { name: "add" } }, { jobId: "click-2" });
      await drained();
    }
    expect([await accepted("cart-1"), await letters()]).toEqual([2, []]);
    const { body } = await get("/workflows?limit=10");
    const all = body["items"] as { id: string }[];
    expect(all).toHaveLength(3);
    for (const { id } of all) expect(await accepted(id)).toBeLessThanOrEqual(2);
  });

  test("with ids of its own in its data needs no id, and tells who waits what became of it", async () => {
    const { queue, drained, accepted, letters, post } = await openIngestion();
    await post("/workflows", { type: "cart", id: "cart-1" });
    for (const _ of ["first", "second"])
      await queue.add("signal", { ...signalTo("cart-1"), signalId: "click" });
    await queue.add("start", { type: "cart", idempotencyKey: "key-1" });
    await drained();
    expect([await accepted("cart-1"), await letters()]).toEqual([2, []]);
    expect(await post("/workflows", { type: "cart", idempotencyKey: "key-1" })).toMatchObject({
      status: 200,
    });
  });

  test("that cannot be accepted now comes back until it is", async () => {
    const full = await openIngestion({ store: { limits: { runInboxCap: 2 } } });
    await full.post("/workflows", { type: "cart", id: "cart-1" });
    for (const jobId of ["a", "b", "c"]) await full.queue.add("signal", signalTo("cart-1"), { jobId });
    await waitFor(async () => (await full.queue.getDelayedCount()) === 2, { description: "two wait" });
    expect([await full.accepted("cart-1"), await full.letters()]).toEqual([2, []]);
    await full.close();
    const roomy = await openIngestion({ namespace: full.namespace });
    await roomy.drained();
    expect([await roomy.accepted("cart-1"), await roomy.letters()]).toEqual([4, []]);
  });
});

describe("a dead letter", () => {
  test.each<[string, string, unknown, string | undefined, string, RegExp]>([
    ["of another name", "charge", {}, "j", "INVALID_ARGUMENT", /start-or-signal/],
    ["with an unknown field", "signal", { id: "w", nam: "add" }, "j", "INVALID_ARGUMENT", /nam/],
    ["without a type", "start", {}, "j", "INVALID_ARGUMENT", /type/],
    ["that is a list", "start", [], "j", "INVALID_ARGUMENT", /job/],
    ["for nobody", "signal", signalTo("none"), "j", "WORKFLOW_NOT_FOUND", /none/],
    ["for a closed workflow", "signal", signalTo("closed"), "j", "WORKFLOW_NOT_RUNNING", /closed/],
    ["that BullMQ numbered", "signal", signalTo("closed"), undefined, "INVALID_ARGUMENT", /jobId/],
    [
      ...(["that would start a workflow at each repetition", "start-or-signal"] as const),
      ...([
        { type: "t", signal: { name: "add", signalId: "s" } },
        "j",
        "INVALID_ARGUMENT",
        /without id/,
      ] as const),
    ],
    ["with a long id", "signal", signalTo("closed"), "j".repeat(129), "INVALID_ARGUMENT", /129/],
    [
      ...(["that would terminate another run", "start"] as const),
      ...([
        { type: "t", id: "w", idConflict: "terminate-existing" },
        "j",
        "INVALID_ARGUMENT",
        /HTTP/,
      ] as const),
    ],
  ])("is made of a job %s, which holds up no other", async (_what, name, data, jobId, code, message) => {
    const { queue, drained, letters, post, accepted } = await openIngestion();
    await post("/workflows", { type: "t", id: "closed" });
    await post("/workflows/closed/terminate");
    await queue.add(name, data, jobId === undefined ? {} : { jobId });
    await queue.add("start", { type: "t", id: "next" }, { jobId: "good" });
    await drained();
    expect(await letters()).toEqual([expect.objectContaining({ name, code, ...(jobId && { jobId }) })]);
    expect((await letters())[0]?.message).toMatch(message);
    expect(await accepted("next")).toBe(1);
    expect(await queue.getJobCountByTypes("completed", "failed")).toBe(0);
  });

  test.each([
    ["cut JSON", '{"id":', "MALFORMED_JSON"],
    [
      "a number that JavaScript would round",
      '{"id":"w","name":"add","payload":9007199254740993}',
      "INVALID_ARGUMENT",
    ],
    ["__proto__", '{"id":"w","name":"add","payload":{"__proto__":1}}', "INVALID_ARGUMENT"],
    [
      "more than a payload may have",
      JSON.stringify(signalTo("w", "x".repeat(1_100_000))),
      "PAYLOAD_TOO_LARGE",
    ],
  ])("keeps data that are %s as they were put", async (_what, data, code) => {
    const namespace = randomNamespace("ingestion");
    const queue = openForeignQueue(namespace);
    await queue.add("signal", {}, { jobId: "odd" });
    await openRedis().hset(`{heddle:${namespace}}:ingestion:${QUEUE}:odd`, "data", data);
    const { drained, letters, get } = await openIngestion({ namespace });
    await drained();
    const [letter] = await letters();
    expect(letter).toMatchObject({ jobId: "odd", code });
    expect((await get(`/dead-letters/${letter?.id}`)).body).toMatchObject({ data, dataBytes: data.length });
  });

  test("of a job that is longer than any may be has its beginning, and cannot be redriven", async () => {
    const { queue, drained, letters, get, post } = await openIngestion();
    await queue.add("signal", signalTo("w", "x".repeat(2_300_000)), { jobId: "long" });
    await drained();
    const [{ id } = { id: "" }] = await letters();
    const { body } = await get(`/dead-letters/${id}`);
    expect(body).toMatchObject({ code: "PAYLOAD_TOO_LARGE", dataBytes: 2_300_036 });
    expect(body["data"]).toMatch(/^\{"id":"w","name":"add","payload":"x{4000,4096}$/);
    expect((await post(`/dead-letters/${id}/redrive`)).body).toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
  });

  test("is encoded by the codec of the namespace", async () => {
    const codec: PayloadCodec = {
      encode: (payload) => Uint8Array.from(payload).reverse(),
      decode: (encoded) => Uint8Array.from(encoded).reverse(),
    };
    const { namespace, queue, drained, letters, get } = await openIngestion({ store: { codec } });
    await queue.add("charge", { card: "4242" }, { jobId: "odd" });
    await drained();
    const [{ id } = { id: "" }] = await letters();
    const stored = await openRedis().hget(`{heddle:${namespace}}:dead-letters`, `${id}:data`);
    expect(stored).not.toContain("4242");
    expect((await get(`/dead-letters/${id}`)).body).toMatchObject({ data: '{"card":"4242"}' });
  });

  test("is redriven once by two at once, when what was missing is there", async () => {
    const { queue, drained, letters, post, accepted, get } = await openIngestion();
    await queue.add("signal", signalTo("cart-1"), { jobId: "click-1" });
    await drained();
    const [{ id } = { id: "" }] = await letters();
    const still = await post(`/dead-letters/${id}/redrive`);
    expect(still).toMatchObject({ status: 404, body: { code: "WORKFLOW_NOT_FOUND" } });
    expect(await letters()).toHaveLength(1);
    await post("/workflows", { type: "cart", id: "cart-1" });
    const both = await Promise.all([1, 2].map(() => post(`/dead-letters/${id}/redrive`)));
    for (const { status } of both) expect(status).toBe(200);
    expect(both.map(({ body }) => body["result"])).toContain("redriven");
    expect([await accepted("cart-1"), await letters()]).toEqual([2, []]);
    const late = await post(`/dead-letters/${id}/redrive`);
    expect(late).toMatchObject({ status: 200, body: { deadLetterId: id, result: "absent" } });
    expect(await get(`/dead-letters/${id}`)).toMatchObject({
      status: 404,
      body: { code: "DEAD_LETTER_NOT_FOUND" },
    });
    await queue.add("signal", signalTo("cart-1"), { jobId: "click-1" });
    await drained();
    expect(await accepted("cart-1")).toBe(2);
  });

  test("is one of many that are redriven by why they were refused, page by page", async () => {
    const { queue, drained, letters, post, accepted } = await openIngestion();
    for (let number = 0; number < 5; number++) {
      await queue.add("signal", signalTo("cart-1"), { jobId: `click-${number}` });
    }
    await queue.add("charge", {}, { jobId: "odd" });
    await drained();
    await post("/workflows", { type: "cart", id: "cart-1" });
    const results: unknown[] = [];
    for (let cursor: unknown; ;) {
      const page = await post("/dead-letters/redrive", {
        ...{ code: "WORKFLOW_NOT_FOUND", limit: 2 },
        ...(cursor === undefined ? {} : { cursor }),
      });
      results.push(...(page.body["items"] as { result: string }[]).map(({ result }) => result));
      cursor = page.body["cursor"];
      if (cursor === undefined) break;
    }
    expect(results).toEqual(Array(5).fill("redriven"));
    expect(await accepted("cart-1")).toBe(6);
    expect(await letters()).toMatchObject([{ jobId: "odd" }]);
    const again = await post("/dead-letters/redrive");
    expect(again.body).toMatchObject({ items: [{ result: "refused", code: "INVALID_ARGUMENT" }] });
  });

  test("is deleted, and the oldest make room for newer ones", async () => {
    const { queue, drained, letters, remove } = await openIngestion({ deadLetters: 2 });
    for (const jobId of ["a", "b", "c"]) {
      await queue.add("charge", {}, { jobId });
      await drained();
    }
    expect((await letters()).map(({ jobId }) => jobId)).toEqual(["c", "b"]);
    const [{ id } = { id: "" }] = await letters();
    expect(await remove(`/dead-letters/${id}`)).toEqual({ status: 200, body: { id, result: "deleted" } });
    expect(await remove(`/dead-letters/${id}`)).toEqual({ status: 200, body: { id, result: "absent" } });
    expect(await letters()).toHaveLength(1);
  });
});
