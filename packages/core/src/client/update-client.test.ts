import {
  encodeHistoryRecord,
  encodePayload,
  IdempotencyKeyPurgedError,
  InboxFullError,
  InvalidArgumentError,
  PayloadTooLargeError,
  UpdateNotCompletedError,
  UpdateRejectedError,
  UpdateResultForgottenError,
  WorkflowAlreadyExistsError,
  WorkflowNotRunningError,
} from "@heddle/protocol";
import { describe, expect, test } from "vitest";
import type { AcceptingStore, StartWithUpdateReply } from "../store/accepting-store.js";
import type { UpdateReply } from "../store/update-requests.js";
import { WorkflowClient } from "./workflow-client.js";

const ids = { randomId: () => "random-1", workflowId: () => "fresh-1" };
const limits = { maxPayloadBytes: 1_000 };
const runs = { runId: "run-2", firstRunId: "run-1" };
const record = encodeHistoryRecord({
  ...{ kind: "update-completed", updateId: "u-1", result: encodePayload("done") },
});
const completed: UpdateReply = { outcome: "completed", ...runs, record };
const rejected: UpdateReply = {
  ...{ outcome: "rejected", ...runs },
  failure: encodePayload({ name: "RangeError", message: "too much" }),
};
type ErrorClass = new (message: string) => Error;
const call = { name: "pay", input: 5, updateId: "u-1" };

/** A client whose store gives this reply to a start with an update, and what it was asked. */
function answering(reply: StartWithUpdateReply | "nothing") {
  const asked: unknown[] = [];
  const store = {
    workflowIdOfKey: () => "id-of-key",
    startWithUpdate: async (...request: unknown[]) => {
      if (reply === "nothing") throw new Error("the store was asked");
      asked.push(request);
      return Promise.resolve(reply);
    },
  } as unknown as AcceptingStore;
  return { updates: new WorkflowClient(store, ids, limits).updates, asked };
}

describe("an update with a start", () => {
  test("has an open run take it, unless told otherwise, and tells what it did", async () => {
    const { updates, asked } = answering({ outcome: "existing", update: completed });
    expect(await updates.executeWithStart("order", 1, call, { id: "order-1" })).toEqual({
      ...{ outcome: "existing", workflowId: "order-1", runId: "run-2", result: "done" },
    });
    const strict = { id: "order-1", idConflict: "fail", idReuse: "reject" } as const;
    await updates.executeWithStart("order", 1, call, strict);
    const update = { name: "pay", input: encodePayload(5), updateId: "u-1" };
    const request = { workflowId: "order-1", runId: "random-1", type: "order", update };
    expect(asked).toMatchObject([
      [{ ...request, onOpen: "use-existing", onClosed: "allow" }, { until: "completed" }],
      [{ ...request, onOpen: "fail", onClosed: "reject" }, { until: "completed" }],
    ]);
  });

  test("by idempotency key names workflow and update by the key", async () => {
    const accepted: UpdateReply = { outcome: "accepted", ...runs };
    const { updates, asked } = answering({ outcome: "started", update: accepted });
    const started = await updates.startWithStart("order", 1, { name: "pay" }, { idempotencyKey: "key" });
    expect(started).toMatchObject({
      outcome: "started",
      update: { workflowId: "id-of-key", updateId: "key", ...runs },
    });
    expect(asked).toMatchObject([
      [
        {
          ...{ workflowId: "id-of-key", idempotencyKey: "key", onOpen: "use-existing", onClosed: "reject" },
          update: { updateId: "key" },
        },
        { until: "accepted" },
      ],
    ]);
  });

  const closed = { outcome: "closed", runId: "run-0", status: "completed", type: "order" } as const;
  const open = { outcome: "open", runId: "run-0", status: "running", type: "order" } as const;
  const byKey = { idempotencyKey: "key" };
  test.each([
    [open, { id: "order-1", idConflict: "fail" }, WorkflowAlreadyExistsError],
    [closed, { id: "order-1", idReuse: "reject" }, WorkflowAlreadyExistsError],
    [closed, byKey, WorkflowNotRunningError],
    [{ outcome: "purged" }, byKey, IdempotencyKeyPurgedError],
    [{ outcome: "inbox-full", scope: "run", limit: 9 }, {}, InboxFullError],
    [{ outcome: "existing", update: { outcome: "suspended", runId: "run-1" } }, {}, WorkflowNotRunningError],
    [{ outcome: "started", update: rejected }, {}, UpdateRejectedError],
    [{ outcome: "existing", update: { outcome: "forgotten", ...runs } }, {}, UpdateResultForgottenError],
    [{ outcome: "existing", update: { outcome: "gone" } }, {}, UpdateNotCompletedError],
  ] as const)("throws for %j with %j", async (reply, options, Class) => {
    const { updates } = answering(reply);
    await expect(updates.executeWithStart("order", 1, call, options)).rejects.toThrow(Class);
  });

  const large = "x".repeat(2_000);
  test.each<[string, string, object, object, ErrorClass]>([
    ["an empty type", "", call, {}, InvalidArgumentError],
    ["an empty id", "order", call, { id: "" }, InvalidArgumentError],
    ["id and key", "order", call, { id: "a", idempotencyKey: "b" }, InvalidArgumentError],
    ["an empty updateId", "order", { ...call, updateId: "" }, {}, InvalidArgumentError],
    ["a misspelt updateId", "order", { name: "pay", updatedId: "x" }, {}, InvalidArgumentError],
    ["an update without a name", "order", { name: "" }, {}, InvalidArgumentError],
    ["a delay", "order", call, { startAfter: "1h" }, InvalidArgumentError],
    ["an unknown policy", "order", call, { idConflict: "terminate-existing" }, InvalidArgumentError],
    ["a policy with a key", "order", call, { idempotencyKey: "k", idConflict: "fail" }, InvalidArgumentError],
    ["a large input of the update", "order", { name: "pay", input: large }, {}, PayloadTooLargeError],
  ])("with %s is refused before the store is asked", async (_what, type, update, options, Class) => {
    const { updates } = answering("nothing");
    await expect(updates.startWithStart(type, 1, update as typeof call, options)).rejects.toThrow(Class);
  });

  test("with a large input of the workflow is refused as well", async () => {
    await expect(answering("nothing").updates.executeWithStart("order", large, call)).rejects.toThrow(
      PayloadTooLargeError,
    );
  });
});
