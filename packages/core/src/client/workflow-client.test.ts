import {
  encodePayload,
  IdempotencyKeyPurgedError,
  InboxFullError,
  InvalidArgumentError,
  PayloadNotSerializableError,
  PayloadTooLargeError,
  StartOrSignalConflictError,
  WorkflowAlreadyExistsError,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
} from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import type {
  AcceptingStore,
  SignalReply,
  StartOrSignalReply,
  StartReply,
} from "../store/accepting-store.js";
import { WorkflowClient } from "./workflow-client.js";

const ids = { randomId: () => "random-1", workflowId: () => "fresh-1" };
const limits = { maxPayloadBytes: 1_000 };
const tooLarge = "x".repeat(2_000);
type ErrorClass = new (message: string) => Error;

describe("refused before the store is asked:", () => {
  const client = new WorkflowClient(untouchable(), ids, limits);
  const signal = { name: "approve", signalId: "s-1" };

  test.each<[string, () => Promise<unknown>, ErrorClass]>([
    ["start of an empty type", () => client.start("", 1), InvalidArgumentError],
    ["start with bad options", () => client.start("order", 1, { id: "" }), InvalidArgumentError],
    ["start with a large input", () => client.start("order", tooLarge), PayloadTooLargeError],
    ["start with a function as input", () => client.start("order", () => 1), PayloadNotSerializableError],
    ["signal to an empty id", () => client.signal("", "approve", 1), InvalidArgumentError],
    ["signal without a name", () => client.signal("order-1", "", 1), InvalidArgumentError],
    ["a large payload", () => client.signal("order-1", "approve", tooLarge), PayloadTooLargeError],
    [
      "an empty signalId",
      () => client.signal("order-1", "approve", 1, { signalId: "" }),
      InvalidArgumentError,
    ],
    [
      "an overlong signalId",
      () => client.signal("order-1", "approve", 1, { signalId: "x".repeat(129) }),
      InvalidArgumentError,
    ],
    ["startOrSignal of an empty type", () => client.startOrSignal("", 1, signal), InvalidArgumentError],
    [
      "startOrSignal without an id of the delivery",
      () => client.startOrSignal("order", 1, { name: "approve" }),
      InvalidArgumentError,
    ],
    [
      "startOrSignal with an empty signalId",
      () => client.startOrSignal("order", 1, { name: "approve", signalId: "" }),
      InvalidArgumentError,
    ],
    [
      "startOrSignal without a signal name",
      () => client.startOrSignal("order", 1, { name: "", signalId: "s-1" }),
      InvalidArgumentError,
    ],
    [
      "startOrSignal with a large input",
      () => client.startOrSignal("order", tooLarge, signal),
      PayloadTooLargeError,
    ],
    [
      "startOrSignal with a large payload",
      () => client.startOrSignal("order", 1, { ...signal, payload: tooLarge }),
      PayloadTooLargeError,
    ],
    ["result of an empty id", () => client.result(""), InvalidArgumentError],
    ["query without a name", () => client.query("order-1", ""), InvalidArgumentError],
    [
      "query with a bad wait",
      () => client.query("order-1", "phase", 1, { timeoutMs: 0 }),
      InvalidArgumentError,
    ],
    ["query with a large input", () => client.query("order-1", "phase", tooLarge), PayloadTooLargeError],
    ["describe of an empty id", () => client.describe(""), InvalidArgumentError],
    ["history of an empty id", () => client.history(""), InvalidArgumentError],
    ["cancel of an empty id", () => client.cancel(""), InvalidArgumentError],
    ["terminate of an empty id", () => client.terminate(""), InvalidArgumentError],
    ["suspend of an empty id", () => client.suspend(""), InvalidArgumentError],
    ["attributes of an empty id", () => client.setAttributes("", {}), InvalidArgumentError],
    [
      "attributes that are none",
      () => client.setAttributes("order-1", { a: {} as never }),
      InvalidArgumentError,
    ],
    ["start with a large memo", () => client.start("order", 1, { memo: tooLarge }), PayloadTooLargeError],
    [
      "start with attributes that are none",
      () => client.start("order", 1, { attributes: { a: Number.NaN } }),
      InvalidArgumentError,
    ],
    ["an unknown group", () => client.aggregate({}, { groupBy: "id" as "type" }), InvalidArgumentError],
    ["resume of an empty id", () => client.resume(""), InvalidArgumentError],
  ])("%s", async (_what, call, Class) => {
    await expect(call()).rejects.toThrow(Class);
  });
});

describe("start", () => {
  const started: StartReply = { outcome: "started", runId: "run-1" };
  const open: StartReply = { outcome: "open", runId: "run-0", status: "running", type: "order" };
  const closed: StartReply = { outcome: "closed", runId: "run-0", status: "failed", type: "order" };

  test("without an id makes a fresh one, fails on an open run and replaces a closed one", async () => {
    const { client, asked } = answering({ start: started });
    expect(await client.start("order", { a: 1 })).toEqual({
      workflowId: "fresh-1",
      runId: "run-1",
      outcome: "started",
    });
    expect(asked).toEqual([
      {
        workflowId: "fresh-1",
        runId: "random-1",
        type: "order",
        input: encodePayload({ a: 1 }),
        onOpen: "fail",
        onClosed: "allow",
      },
    ]);
  });

  test("by idempotency key finds its one workflow, open or closed", async () => {
    for (const reply of [open, closed]) {
      const { client, asked } = answering({ start: reply });
      expect(await client.start("order", 1, { idempotencyKey: "key" })).toEqual({
        workflowId: "id-of-key",
        runId: "run-0",
        outcome: "existing",
      });
      expect(asked).toMatchObject([
        { workflowId: "id-of-key", idempotencyKey: "key", onOpen: "use-existing", onClosed: "reject" },
      ]);
    }
  });

  test("with use-existing finds an open run", async () => {
    const { client } = answering({ start: open });
    const outcome = await client.start("order", 1, { id: "order-1", idConflict: "use-existing" });
    expect(outcome).toEqual({ workflowId: "order-1", runId: "run-0", outcome: "existing" });
  });

  test.each<[string, StartReply, object, ErrorClass, RegExp]>([
    ["an open run", open, { id: "order-1" }, WorkflowAlreadyExistsError, /exists already and is running/],
    ["a closed run", closed, { id: "order-1", idReuse: "reject" }, WorkflowAlreadyExistsError, /is failed/],
    ["a purged key", { outcome: "purged" }, { idempotencyKey: "key" }, IdempotencyKeyPurgedError, /"key"/],
    [
      "a full inbox",
      { outcome: "inbox-full", scope: "partition", limit: 9 },
      {},
      InboxFullError,
      /the partition of workflow "fresh-1" has 9/,
    ],
  ])("throws for %s", async (_what, reply, options, Class, message) => {
    const { client } = answering({ start: reply });
    await expect(client.start("order", 1, options)).rejects.toThrow(Class);
    await expect(client.start("order", 1, options)).rejects.toThrow(message);
  });
});

describe("signal", () => {
  test("acknowledges the first delivery and a duplicate alike", async () => {
    for (const outcome of ["accepted", "duplicate"] as const) {
      const { client } = answering({ signal: { outcome, runId: "run-1" } });
      expect(await client.signal("order-1", "approve", 1, { signalId: "s-1" })).toEqual({
        workflowId: "order-1",
        runId: "run-1",
        signalId: "s-1",
      });
    }
  });

  test("tells them apart to who asks for it", async () => {
    for (const [outcome, told] of [
      ["accepted", "signalled"],
      ["duplicate", "duplicate"],
    ] as const) {
      const { client } = answering({ signal: { outcome, runId: "run-1" } });
      const delivered = await client.deliverSignal("order-1", "approve", 1, { signalId: "s-1" });
      expect(delivered).toEqual({ workflowId: "order-1", runId: "run-1", outcome: told });
    }
  });

  test.each<[SignalReply, ErrorClass, RegExp]>([
    [{ outcome: "not-found" }, WorkflowNotFoundError, /no workflow "order-1"/],
    [{ outcome: "closed", runId: "run-1", status: "completed" }, WorkflowNotRunningError, /is completed/],
    [{ outcome: "inbox-full", scope: "run", limit: 9 }, InboxFullError, /workflow "order-1" has 9/],
  ])("throws for %j", async (reply, Class, message) => {
    const { client } = answering({ signal: reply });
    await expect(client.signal("order-1", "approve", 1)).rejects.toThrow(Class);
    await expect(client.signal("order-1", "approve", 1)).rejects.toThrow(message);
  });
});

describe("startOrSignal", () => {
  test.each(["started", "signalled", "duplicate"] as const)("tells that it %s", async (outcome) => {
    const { client, asked } = answering({ startOrSignal: { outcome, runId: "run-1" } });
    const signal = { name: "approve", payload: 1, signalId: "s-1" };
    const reply = await client.startOrSignal("order", 2, signal, { id: "order-1" });
    expect(reply).toEqual({ workflowId: "order-1", runId: "run-1", outcome });
    expect(asked).toMatchObject([
      {
        workflowId: "order-1",
        onTerminalConflict: "reject",
        signal: { name: "approve", payload: encodePayload(1), signalId: "s-1" },
      },
    ]);
  });

  test("by idempotency key names workflow and signal by the key", async () => {
    const { client, asked } = answering({ startOrSignal: { outcome: "started", runId: "run-1" } });
    await client.startOrSignal("order", 1, { name: "approve" }, { idempotencyKey: "key" });
    expect(asked).toMatchObject([
      { workflowId: "id-of-key", idempotencyKey: "key", signal: { signalId: "key" } },
    ]);
  });

  test.each<[StartOrSignalReply, ErrorClass]>([
    [{ outcome: "conflict", runId: "run-1", status: "completed" }, StartOrSignalConflictError],
    [{ outcome: "purged" }, IdempotencyKeyPurgedError],
    [{ outcome: "inbox-full", scope: "run", limit: 9 }, InboxFullError],
  ])("throws for %j", async (reply, Class) => {
    const { client } = answering({ startOrSignal: reply });
    const call = client.startOrSignal("order", 1, { name: "approve" }, { idempotencyKey: "key" });
    await expect(call).rejects.toThrow(Class);
  });
});

describe.each(["cancel", "terminate", "suspend", "resume"] as const)("%s", (call) => {
  const method = call === "cancel" ? "requestCancel" : call;

  test("is done when it was applied or had been so already", async () => {
    for (const outcome of ["applied", "unchanged"]) {
      const { client } = answering({ [method]: { outcome, runId: "run-1", status: "running" } });
      await expect(client[call]("order-1")).resolves.toBeUndefined();
    }
  });

  test("throws for an unknown and for a closed workflow", async () => {
    const unknown = answering({ [method]: { outcome: "not-found" } });
    await expect(unknown.client[call]("order-1")).rejects.toThrow(WorkflowNotFoundError);
    const closed = answering({ [method]: { outcome: "closed", runId: "run-1", status: "failed" } });
    await expect(closed.client[call]("order-1")).rejects.toThrow(WorkflowNotRunningError);
  });
});

describe("setAttributes", () => {
  test.each<[object, ErrorClass, RegExp]>([
    [{ outcome: "not-found" }, WorkflowNotFoundError, /no workflow "order-1"/],
    [{ outcome: "closed", runId: "run-1", status: "failed" }, WorkflowNotRunningError, /is failed/],
    [{ outcome: "too-many", count: 33 }, InvalidArgumentError, /"order-1" would have 33 attributes/],
  ])("throws for %j", async (reply, Class, message) => {
    const { client } = answering({ setAttributes: reply });
    await expect(client.setAttributes("order-1", { a: 1 })).rejects.toThrow(Class);
    await expect(client.setAttributes("order-1", { a: 1 })).rejects.toThrow(message);
  });
});

test("groups come with the largest first", async () => {
  const groups = [
    { group: "a", count: 1 },
    { group: null, count: 3 },
  ];
  const { client } = answering({ aggregate: groups });
  expect(await client.aggregate({}, { groupBy: "version" })).toEqual([...groups].reverse());
});

/** A store whose methods give fixed replies, and what they were asked. */
function answering(replies: Record<string, unknown>): { client: WorkflowClient; asked: unknown[] } {
  const asked: unknown[] = [];
  const methods = Object.entries(replies).map(([name, reply]) => [
    name,
    async (request: unknown) => {
      asked.push(request);
      return Promise.resolve(reply);
    },
  ]);
  const store = { ...Object.fromEntries(methods), workflowIdOfKey: () => "id-of-key" } as AcceptingStore;
  return { client: new WorkflowClient(store, ids, limits), asked };
}

/** Fails the test when anything but the id of a key is asked. */
function untouchable(): AcceptingStore {
  return new Proxy({} as AcceptingStore, {
    get: (_target, name) => () => {
      if (name === "workflowIdOfKey") return "id-of-key";
      throw new Error(`the store was asked to ${String(name)}`);
    },
  });
}
