import { deliverMessage, type Delivery, type Lease, type Message, type Outgoing } from "@heddle/core";
import { decodePayload, encodeHistoryRecord, encodePayload, type HistoryRecord } from "@heddle/protocol";
import { randomNamespace } from "@heddle/testkit";
import { beforeEach, describe, expect, test } from "vitest";
import {
  acquiredLease,
  closedRun,
  committedTurn,
  freshId,
  inboxOf,
  startRequest,
  startRun,
  statusOf,
  type TestRun,
} from "../testing/runs.js";
import { openTestStore, SERVERS, type TestStore } from "../testing/test-store.js";

const FAR_AHEAD_MS = 9_999_999_999_999;

describe.each(SERVERS)("messages on $server", ({ connection }) => {
  let opened: TestStore;
  let lease: Lease;
  let sender: TestRun;

  beforeEach(async () => {
    opened = await openTestStore(connection(), randomNamespace("messages"));
    lease = await acquiredLease(opened);
    sender = await startRun(opened);
  });

  async function messages(): Promise<readonly Message[]> {
    const page = await opened.store.readMessages(lease, { after: "0", limit: 100 });
    if (page.outcome !== "ok") throw new Error("the lease is lost");
    return page.messages;
  }

  async function theMessage(kind: Message["kind"]): Promise<Message> {
    const found = (await messages()).find((message) => message.kind === kind);
    if (found === undefined) throw new Error(`there is no message of kind ${kind}`);
    return found;
  }

  /** Commits one command of the sender whose message is that of its record. */
  async function sent(
    message: { kind: Message["kind"]; target: string; runId?: string },
    record: Extract<HistoryRecord, { seq: number }>,
    outgoing: Partial<Outgoing> = {},
  ): Promise<Message> {
    const { kind, target, runId = "" } = message;
    await committedTurn(opened, lease, sender, {
      records: [encodeHistoryRecord(record)],
      outgoing: {
        messages: [{ kind, seq: record.seq, target: { workflowId: target }, runId, recordIndex: 0 }],
        newChildren: [],
        dropsChildren: false,
        ...outgoing,
      },
    });
    const written = (await messages()).at(-1);
    if (written === undefined) throw new Error("no message was written");
    return written;
  }

  const sentSignal = (target: string, seq = 1, more: { runId?: string; signalId?: string } = {}) =>
    sent(
      { kind: "signal", target, ...("runId" in more ? { runId: more.runId } : {}) },
      { kind: "signal-sent", seq, workflowId: target, name: "paid", payload: encodePayload(seq), ...more },
    );

  const startedChild = (
    workflowId: string,
    seq = 1,
    policy: "terminate" | "request-cancel" | "abandon" = "terminate",
  ) => {
    const runId = freshId("run");
    const record = {
      ...({ kind: "child-start-requested", seq, name: "order", workflowId, runId } as const),
      ...({ input: encodePayload(1), parentClosePolicy: policy, depth: 1 } as const),
      ...({ onOpen: "fail", onClosed: "allow" } as const),
    };
    return sent({ kind: "start-child", target: workflowId }, record, {
      newChildren: [{ seq, workflowId, runId, policy }],
    });
  };

  const deliver = (message: Message, notAfterMs = FAR_AHEAD_MS) =>
    deliverMessage(opened.store, message, notAfterMs);

  async function answerTo(message: Message): Promise<unknown> {
    const reply = await deliver(message);
    if (reply.outcome !== "delivered") throw new Error("it is to be delivered later");
    const { answer } = reply.receipt;
    return answer === undefined ? undefined : decodePayload(answer);
  }

  const kindsOf = async (run: { workflowId: string }): Promise<string[]> =>
    (await inboxOf(opened, lease))
      .filter((entry) => entry.workflowId === run.workflowId)
      .map(({ kind }) => kind);

  const childrenOf = (run: TestRun) => opened.redis.hkeys(opened.partition.children(run.workflowId));

  test("are committed with their turn and read in order, until they are done", async () => {
    const first = await sentSignal("a", 1);
    const second = await sentSignal("b", 2);
    expect(await messages()).toEqual([first, second]);
    expect(first).toMatchObject({
      ...{ kind: "signal", seq: 1, target: "a", runId: "" },
      sender: { workflowId: sender.workflowId, runId: sender.runId },
    });
    const receipt = { answer: encodePayload({ outcome: "not-found", workflowId: "a" }), endsChild: false };
    expect(await opened.store.messageDone(lease, first, receipt)).toEqual({ outcome: "done" });
    expect(await messages()).toEqual([second]);
  });

  test("by idempotency key go to the workflow of the key", async () => {
    await committedTurn(opened, lease, sender, {
      outgoing: {
        messages: [{ kind: "start-or-signal", seq: 1, target: { idempotencyKey: "k" }, runId: "" }],
        ...{ newChildren: [], dropsChildren: false },
      },
    });
    expect((await messages()).map(({ target }) => target)).toEqual([opened.store.workflowIdOfKey("k")]);
  });

  test("a turn that is refused sends nothing", async () => {
    const turn = {
      historyLengthBefore: 99,
      outgoing: { messages: [], newChildren: [], dropsChildren: false },
    };
    await expect(committedTurn(opened, lease, sender, turn)).rejects.toThrow("changed");
    expect(await messages()).toEqual([]);
  });

  test("a signal that is delivered again is accepted once, also by a target that was closed and purged", async () => {
    const target = await startRun(opened, { workflowId: "target" });
    const message = await sentSignal("target");
    const answer = { outcome: "accepted", workflowId: "target", runId: target.runId };
    expect(await answerTo(message)).toEqual(answer);
    const before = await opened.snapshot();
    expect(await answerTo(message)).toEqual(answer);
    expect(await opened.snapshot()).toEqual(before);

    await closedRun(opened, lease, target, { retentionMs: 0 });
    expect(await answerTo(message)).toEqual(answer);
    const { workflowId, runId } = target;
    await opened.store.purge(lease, [{ kind: "purge", seq: 0, workflowId, runId }]);
    expect(await opened.store.describe("target")).toBeUndefined();
    expect(await answerTo(message)).toEqual(answer);
    const successor = await startRun(opened, { workflowId: "target" });
    expect(await answerTo(message)).toEqual(answer);
    expect(await kindsOf(successor)).toEqual(["started"]);
  });

  test("a signal has an id of its sender's, which no explicit id meets", async () => {
    await startRun(opened, { workflowId: "target" });
    await deliver(await sentSignal("target"));
    const id = `${sender.runId}/1`;
    const request = { name: "paid", payload: encodePayload(1), operationId: freshId() };
    const reply = await opened.store.signal({ workflowId: "target", ...request, signalId: id });
    expect(reply.outcome).toBe("accepted");
    const references = (await inboxOf(opened, lease)).filter(({ kind }) => kind === "signal");
    expect(references.map(({ reference }) => reference)).toEqual([id, id]);
  });

  test("a signal for one chain of runs does not reach another run under its id", async () => {
    await startRun(opened, { workflowId: "target" });
    const message = await sentSignal("target", 1, { runId: "of an earlier run" });
    expect(await answerTo(message)).toEqual({ outcome: "not-found", workflowId: "target" });
  });

  test("refusals for good are told, and nothing is remembered of them", async () => {
    expect(await answerTo(await sentSignal("nobody"))).toEqual({
      outcome: "not-found",
      workflowId: "nobody",
    });
    const target = await startRun(opened, { workflowId: "closed" });
    await closedRun(opened, lease, target);
    const message = await sentSignal("closed", 2);
    const answer = { outcome: "closed", workflowId: "closed", runId: target.runId, status: "completed" };
    expect(await answerTo(message)).toEqual(answer);
    expect(Object.keys(await opened.snapshot()).filter((key) => key.includes(":d:"))).toEqual([]);
  });

  test("a full inbox leaves the message for later", async () => {
    const full = await openTestStore(connection(), opened.namespace, { limits: { runInboxCap: 1 } });
    await startRun(opened, { workflowId: "target" });
    expect(await deliverMessage(full.store, await sentSignal("target"), FAR_AHEAD_MS)).toEqual({
      outcome: "later",
    });
  });

  test.each<[string, () => Promise<Message>]>([
    ["signal", () => sentSignal("target")],
    ["start of a child", () => startedChild("new")],
    [
      "cancel request",
      () =>
        sent(
          { kind: "cancel", target: "target" },
          { kind: "child-cancel-requested", seq: 1, workflowId: "target", runId: "" },
        ),
    ],
    [
      "start-or-signal",
      () =>
        sent(
          { kind: "start-or-signal", target: "target" },
          {
            ...({
              kind: "start-or-signal-sent",
              seq: 1,
              workflowId: "target",
              name: "order",
              runId: "r",
            } as const),
            ...({
              input: encodePayload(1),
              signalName: "paid",
              signalId: "s",
              payload: encodePayload(1),
            } as const),
            onTerminalConflict: "reject",
          },
        ),
    ],
  ])(
    "a %s that was too long on its way is refused and changes nothing; in time it is done once",
    async (_name, send) => {
      await startRun(opened, { workflowId: "target" });
      const message = await send();
      const before = await opened.snapshot();
      await expect(deliver(message, 1)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(await opened.snapshot()).toEqual(before);
      const answer = await answerTo(message);
      const after = await opened.snapshot();
      expect(after).not.toEqual(before);
      // The answer is known now, however late the copy is.
      expect(await answerTo(message)).toEqual(answer);
      await deliver(message, 1);
      expect(await opened.snapshot()).toEqual(after);
    },
  );

  test("what was answered is remembered for a minute when the message is done", async () => {
    await startRun(opened, { workflowId: "target" });
    const message = await sentSignal("target");
    await deliver(message);
    const key = opened.partition.delivery("signal", sender.runId, 1);
    expect(await opened.redis.pttl(key)).toBeGreaterThan(6 * 24 * 3_600_000);
    await opened.store.messageDone(lease, message, { answer: undefined, endsChild: false });
    await expect.poll(() => opened.redis.pttl(key)).toBeLessThanOrEqual(60_000);
    expect(await opened.redis.pttl(key)).toBeGreaterThan(50_000);
  });

  describe("the sender is told of its answer", () => {
    const receipt = { answer: encodePayload({ outcome: "not-found", workflowId: "a" }), endsChild: true };

    test("once, with the message gone in the same step", async () => {
      const message = await startedChild("a");
      expect(await childrenOf(sender)).toEqual(["1"]);
      const { accepted } = await headerOf(sender);
      await opened.store.messageDone(lease, message, receipt);
      await opened.store.messageDone(lease, message, receipt);
      expect(await kindsOf(sender)).toEqual(["message-answered"]);
      expect(await headerOf(sender)).toMatchObject({ accepted: accepted + 1 });
      expect(await childrenOf(sender)).toEqual([]);
    });

    test("unless it is closed or replaced", async () => {
      const message = await sentSignal("a");
      await closedRun(opened, lease, sender);
      await opened.store.messageDone(lease, message, receipt);
      expect(await messages()).toEqual([]);
      expect(await kindsOf(sender)).toEqual([]);
    });
  });

  const headerOf = async (run: TestRun) => {
    const header = await opened.store.describe(run.workflowId);
    if (header === undefined) throw new Error("there is no such run");
    return header;
  };

  describe("the end of a child", () => {
    const closing = encodeHistoryRecord({ kind: "completed", at: 1, result: encodePayload(7) });
    const endOf = (seq: number) => ({
      parent: { workflowId: sender.workflowId, runId: sender.runId, seq },
      child: { runId: "child-run", status: "completed" },
      record: closing,
    });

    test("is told to its parent once", async () => {
      await startedChild("a");
      expect(await opened.store.childClosed(endOf(1))).toEqual({ outcome: "settled" });
      const before = await opened.snapshot();
      expect(await opened.store.childClosed(endOf(1))).toEqual({ outcome: "stale" });
      expect(await opened.snapshot()).toEqual(before);
      const told = (await inboxOf(opened, lease)).find(({ kind }) => kind === "child-closed");
      expect(told).toMatchObject({
        runId: sender.runId,
        name: "completed",
        reference: "1",
        extra: "child-run",
      });
      expect(await childrenOf(sender)).toEqual([]);
    });

    test("is of no interest to a parent that is closed, or that never had the child", async () => {
      await startedChild("a");
      expect(await opened.store.childClosed(endOf(2))).toEqual({ outcome: "stale" });
      await opened.store.terminate({ workflowId: sender.workflowId, operationId: freshId() });
      expect(await opened.store.childClosed(endOf(1))).toEqual({ outcome: "stale" });
    });

    test("is sent by whatever closes the child from outside, once", async () => {
      await deliver(await startedChild("child"));
      const operationId = freshId();
      await opened.store.terminate({ workflowId: "child", operationId, reason: "enough" });
      await opened.store.terminate({ workflowId: "child", operationId, reason: "enough" });
      const told = (await messages()).filter(({ kind }) => kind === "child-closed");
      expect(told).toMatchObject([{ target: sender.workflowId, runId: sender.runId, seq: 1 }]);
      await deliver(await theMessage("child-closed"));
      expect(await kindsOf(sender)).toEqual(["child-closed"]);
    });
  });

  test("a parent that is closed from outside sends what the policies of its open children say, once", async () => {
    const child = async (seq: number, policy: "terminate" | "request-cancel" | "abandon") => {
      await deliver(await startedChild(policy, seq, policy));
    };
    await child(1, "terminate");
    await child(2, "request-cancel");
    await child(3, "abandon");
    const started = (await messages()).length;
    const operationId = freshId();
    await opened.store.terminate({ workflowId: sender.workflowId, operationId });
    await opened.store.terminate({ workflowId: sender.workflowId, operationId });
    const farewells = (await messages()).slice(started);
    expect(farewells.map(({ kind, target }) => [kind, target]).sort()).toEqual([
      ["cancel", "request-cancel"],
      ["terminate", "terminate"],
    ]);
    for (const message of [...farewells, ...farewells]) await deliver(message);
    expect(await childrenOf(sender)).toEqual([]);
    expect(await statusOf(opened, { workflowId: "terminate", runId: "", type: "order" })).toBe("terminated");
    expect(await kindsOf({ workflowId: "request-cancel" })).toEqual(["started", "cancel-requested"]);
    expect(await kindsOf({ workflowId: "abandon" })).toEqual(["started"]);
  });

  test("a policy does not touch another run that has taken the id of the child", async () => {
    await deliver(await startedChild("child"));
    await opened.store.terminate({ workflowId: "child", operationId: freshId() });
    const other = await startRun(opened, { workflowId: "child" });
    await opened.store.terminate({ workflowId: sender.workflowId, operationId: freshId() });
    await deliver(await theMessage("terminate"));
    expect(await statusOf(opened, other)).toBe("pending");
  });

  test("a child whose id is taken is not started, and the answer says by whom", async () => {
    const taken = await startRun(opened, { workflowId: "taken" });
    const reply = await deliver(await startedChild("taken"));
    expect(reply).toMatchObject({ outcome: "delivered", receipt: { endsChild: true } });
    expect(await answerTo(await theMessage("start-child"))).toEqual({
      ...{ outcome: "exists", workflowId: "taken", runId: taken.runId, status: "pending", type: "order" },
    });
  });

  test("a start with a delivery is repeated with another run id and finds the first", async () => {
    const delivery: Delivery = { kind: "start-child", senderRunId: "r", seq: 1, notAfterMs: FAR_AHEAD_MS };
    const request = { ...startRequest({ workflowId: "w" }), delivery };
    await opened.store.start(request);
    const again = await opened.store.start({ ...request, runId: freshId("run") });
    expect(again).toEqual({ outcome: "started", runId: request.runId });
  });
});
