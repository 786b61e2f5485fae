// Batches and dead letters through the client, also behind a proxy that loses answers.
import { HeddleClient } from "@heddle/client";
import { randomNamespace, startTcpProxy, waitFor, type TcpProxy } from "@heddle/testkit";
import { UnavailableError, WorkflowNotFoundError } from "heddle";
import { expect, onTestFinished, test } from "vitest";
import { openForeignQueue, QUEUE } from "./support/open-ingestion.js";
import { serveGateway } from "./support/served-gateway.js";

async function openBehindProxy() {
  const namespace = randomNamespace("batches");
  const gateway = await serveGateway({ namespace, env: { HEDDLE_INGESTION_QUEUE: QUEUE } });
  const proxy = await startTcpProxy({ targetPort: gateway.port });
  onTestFinished(() => proxy.stop());
  const retry = { attemptTimeoutMs: 3_000 };
  const client = new HeddleClient({ url: `http://127.0.0.1:${proxy.port}`, retry });
  return { client, proxy, queue: openForeignQueue(namespace) };
}

/** Runs the call with its first answer lost after it was applied. */
async function withFirstReplyLost<Answer>(proxy: TcpProxy, call: () => Promise<Answer>): Promise<Answer> {
  const before = proxy.droppedReplyBytes;
  proxy.dropReplies(true);
  const answer = call();
  await waitFor(() => proxy.droppedReplyBytes > before, { description: "a reply is lost" });
  proxy.dropReplies(false);
  return answer;
}

test("a batch whose answer is lost is repeated by itself, and happens once", async () => {
  const { client, proxy } = await openBehindProxy();
  const large = "x".repeat(400_000);
  const started = await withFirstReplyLost(proxy, () =>
    client.startMany([
      { type: "cart" },
      { type: "cart", id: "cart-1", input: large },
      { type: "cart", idempotencyKey: "key", input: large },
      { type: "order", id: "order-1", input: large, startAt: new Date("2090-01-01") },
      { type: "cart", id: "cart-1", signal: { name: "add", payload: 1, signalId: "s" } },
      { type: "cart", id: "cart-1", idConflict: "fail" },
    ]),
  );
  expect(started.map(({ status }) => status)).toEqual([...Array<string>(5).fill("fulfilled"), "rejected"]);
  expect(started[5]).toMatchObject({ reason: { code: "WORKFLOW_ALREADY_EXISTS" } });
  const handles = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  expect(handles.map(({ outcome }) => outcome).slice(3)).toEqual(["started", "signalled"]);
  expect(await client.count()).toBe(4);

  const signalled = await withFirstReplyLost(proxy, () =>
    client.signalMany([
      { id: "cart-1", signal: "add", payload: 2 },
      { id: "cart-2", signal: "add" },
    ]),
  );
  expect(signalled[0]).toMatchObject({ status: "fulfilled", value: { workflowId: "cart-1" } });
  expect((signalled[1] as PromiseRejectedResult).reason).toBeInstanceOf(WorkflowNotFoundError);
  expect((await client.getHandle("cart-1").describe()).accepted).toBe(3);
});

test("dead letters are listed, looked at, redriven once and deleted", async () => {
  const { client, proxy, queue } = await openBehindProxy();
  const { deadLetters } = client;
  await queue.add("signal", { id: "cart-1", name: "add", payload: 1 }, { jobId: "click-1" });
  await queue.add("signal", { id: "cart-1", name: "add", payload: 2 }, { jobId: "click-2" });
  await queue.add("charge", {}, { jobId: "odd" });
  await waitFor(async () => (await deadLetters.list()).total === 3, { description: "all are refused" });
  const { items } = await deadLetters.list({ limit: 500 });
  const first = items.find(({ jobId }) => jobId === "click-1");
  const odd = items.find(({ jobId }) => jobId === "odd");
  if (first === undefined || odd === undefined) throw new Error("a job is missing");
  expect(await deadLetters.describe(first.id)).toMatchObject({
    ...{ name: "signal", code: "WORKFLOW_NOT_FOUND", data: '{"id":"cart-1","name":"add","payload":1}' },
  });
  await expect(deadLetters.redrive(first.id)).rejects.toThrow(WorkflowNotFoundError);

  await client.start("cart", undefined, { id: "cart-1" });
  const lost = await withFirstReplyLost(proxy, () => deadLetters.redrive(first.id));
  expect(lost).toEqual({ result: "absent", run: undefined });
  expect(await deadLetters.redriveAll({ name: "signal" })).toEqual({ redriven: 1, refused: 0 });
  expect(await deadLetters.redriveAll()).toEqual({ redriven: 0, refused: 1 });
  expect((await client.getHandle("cart-1").describe()).accepted).toBe(3);
  expect(await withFirstReplyLost(proxy, () => deadLetters.delete(odd.id))).toBe("absent");
  expect(await deadLetters.list()).toEqual({ items: [], total: 0 });
});

test("a batch that reaches no gateway says so of each entry", async () => {
  const client = new HeddleClient({ url: "http://127.0.0.1:2", retry: { attempts: 1 } });
  const results = await client.signalMany([{ id: "w", signal: "s" }]);
  expect((results[0] as PromiseRejectedResult).reason).toBeInstanceOf(UnavailableError);
  const stopped = client.signalMany([{ id: "w", signal: "s" }], {
    signal: AbortSignal.abort(new Error("stop")),
  });
  await expect(stopped).rejects.toThrow("stop");
  await expect(client.signalMany([{ id: "", signal: "s" }])).rejects.toThrow("workflow id");
});
