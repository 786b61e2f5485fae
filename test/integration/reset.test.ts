// A run that is reset, forked or retried: on real Redis, with an engine that owns it.
import { randomBytes, randomUUID } from "node:crypto";
import {
  activity,
  encryption,
  NotResettableError,
  signal,
  update,
  workflow,
  type WorkflowHandle,
} from "heddle";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openRedis } from "./support/namespace-keys.js";
import { openEngine } from "./support/open-engine.js";

const approved = signal<string>("approved");

/** Waits for two signals, one behind the other, and draws an id after each. */
const asking = workflow({ name: "asking" })
  .signals({ approved })
  .execute(async function* (ctx) {
    const before = ctx.uuid();
    const first = yield* ctx.waitForSignal(approved);
    const between = ctx.uuid();
    const second = yield* ctx.waitForSignal(approved);
    return { signals: [first, second], before, between, runId: ctx.runId };
  });

async function kindsOf(handle: WorkflowHandle): Promise<string[]> {
  return (await handle.history()).map(({ kind }) => kind);
}

async function indexOf(handle: WorkflowHandle, kind: string, nth = 0): Promise<number> {
  const indexes = (await handle.history()).filter((entry) => entry.kind === kind).map(({ index }) => index);
  return indexes[nth] ?? -1;
}

describe("a run that is reset", () => {
  test("goes on as a new one from behind the event, and gets later signals again in order", async () => {
    const engine = await openEngine({ workflows: [asking] });
    const handle = await engine.start("asking", undefined, { id: "a" });
    await handle.signal(approved, "one", { signalId: "1" });
    await handle.signal(approved, "two", { signalId: "2" });
    const original = await handle.result();
    const started = await indexOf(handle, "started");
    const reset = await handle.reset({ event: started, reason: "look again" });
    const again = await reset.result();
    expect(again).toMatchObject({ signals: ["one", "two"], runId: reset.runId });
    // What is decided anew draws anew.
    expect(again.before).not.toBe(original.before);
    expect(await kindsOf(reset)).toEqual([
      ...["started", "reset", "signal-awaited", "signal", "signal-awaited", "signal", "completed"],
    ]);
    expect((await handle.history())[1]).toMatchObject({
      ...{ kind: "reset", fromRunId: handle.runId, runId: reset.runId, reason: "look again" },
    });
    // A signal id stays known, and the first handle finds the run that goes on.
    await handle.signal(approved, "two", { signalId: "2" });
    expect(await handle.result()).toEqual(again);
    expect(await engine.count({ type: "asking" })).toBe(1);
  });

  test("keeps what its code drew before the event", async () => {
    const engine = await openEngine({ workflows: [asking] });
    const handle = await engine.start("asking", undefined, { id: "a" });
    await handle.signal(approved, "one");
    await handle.signal(approved, "two");
    const original = await handle.result();
    const reset = await handle.reset({ event: await indexOf(handle, "signal"), reapply: "none" });
    await reset.signal(approved, "other");
    const again = await reset.result();
    expect(again).toMatchObject({ signals: ["one", "other"], before: original.before });
    expect(again.between).not.toBe(original.between);
  });

  test("while it is open: its pending work is withdrawn, and that of the cut is made anew", async () => {
    const attempts: string[] = [];
    const slow = activity({
      name: "slow",
      execute: (input: string, context) =>
        new Promise<string>((resolve) => {
          attempts.push(input);
          context.signal.addEventListener("abort", () => attempts.push(`${input} aborted`));
          if (attempts.filter((attempt) => attempt === input).length > 1) resolve(`${input} done`);
        }),
    });
    const working = workflow({ name: "working" })
      .activities({ slow })
      .signals({ approved })
      .execute(async function* (ctx) {
        return yield* ctx.all([ctx.run(slow, "a"), ctx.waitForSignal(approved), ctx.sleep("300ms"), later()]);
        function* later() {
          yield* ctx.sleep("100ms");
          yield* ctx.sleep("1 hour");
          return "late";
        }
      });
    const engine = await openEngine({ workflows: [working], activities: [slow] });
    const handle = await engine.start("working", undefined, { id: "w" });
    await waitFor(() => attempts.length > 0, { description: "the activity runs" });
    await handle.signal(approved, "yes");
    await waitFor(async () => (await indexOf(handle, "timer-fired", 1)) > 0, {
      description: "both have fired",
    });
    const reset = await handle.reset({ event: await indexOf(handle, "timer-fired") });
    await waitFor(async () => (await indexOf(reset, "timer-fired", 1)) > 0, {
      description: "the timer fires",
    });
    await waitFor(async () => (await indexOf(reset, "activity-completed")) > 0, {
      description: "it completes",
    });
    expect(await reset.describe()).toMatchObject({ status: "running", pendingActivities: [] });
    const history = await reset.history();
    expect(history.filter(({ kind }) => kind === "activity-scheduled")).toHaveLength(1);
    expect(history.filter(({ kind }) => kind === "signal")).toHaveLength(1);
    await reset.terminate();
  });

  test("waits, visibly, for code that its history fits, and can be reset again before that", async () => {
    const namespace = randomNamespace("reset");
    const wait = (...names: string[]) =>
      workflow({ name: "waiting" }).execute(async function* (ctx) {
        const seen: unknown[] = [];
        for (const name of names) seen.push(yield* ctx.waitForSignal(name));
        return seen;
      });
    const first = await openEngine({ namespace, workflows: [wait("a", "b", "c")] });
    const { id } = await first.start("waiting", undefined, { id: "w" });
    for (const name of ["a", "b"]) await first.signal(id, name, name);
    await waitFor(async () => (await indexOf(first.getHandle(id), "signal", 1)) > 0, {
      description: "they are in",
    });
    await first.shutdown();

    // This code has never waited for "a", so only the start of the history fits it.
    const second = await openEngine({ namespace, workflows: [wait("b", "d")] });
    const handle = second.getHandle(id);
    await handle.reset({ event: await indexOf(handle, "signal") });
    await waitFor(async () => (await handle.describe()).heldReason, { description: "the run is held" });
    await handle.signal("d", "d");
    await handle.reset({ event: 0 });
    expect(await handle.result()).toEqual(["b", "d"]);
    const { accepted, processed } = await handle.describe();
    expect(processed).toBe(accepted);
  });

  test("that was suspended goes on; one that was terminated is open again", async () => {
    const engine = await openEngine({ workflows: [asking] });
    for (const stop of ["suspend", "terminate"] as const) {
      const handle = await engine.start("asking", undefined, { id: stop });
      await handle.signal(approved, "one");
      await waitFor(async () => (await indexOf(handle, "signal")) > 0, { description: "the signal is in" });
      await handle[stop]();
      const reset = await handle.reset({ event: 0 });
      await reset.signal(approved, "two");
      expect((await reset.result()).signals).toEqual(["one", "two"]);
    }
  });

  test("answers an update that was under way, and keeps the answers of those before the event", async () => {
    const add = update<number, number>("add");
    const adding = workflow({ name: "adding" })
      .updates({ add })
      .execute(async function* (ctx) {
        let sum = 0;
        ctx.onUpdate(add, function* (amount) {
          if (amount > 10) yield* ctx.waitForSignal("go");
          return (sum += amount);
        });
        yield* ctx.waitForSignal("end");
        return sum;
      });
    const engine = await openEngine({ workflows: [adding] });
    const handle = await engine.start("adding", undefined, { id: "a" });
    await handle.update(add, 1, { updateId: "1" });
    const event = await indexOf(handle, "update");
    await handle.update(add, 2, { updateId: "2" });
    const underWay = await handle.startUpdate(add, 40, { updateId: "40" });
    const reset = await handle.reset({ event });
    await reset.signal("go");
    expect(await underWay.result()).toBe(41);
    // Behind the event the code decides anew, so the first update is completed again, with the same answer.
    expect(await reset.update(add, 1, { updateId: "1" })).toBe(1);
    // The second was completed in what was cut off: its effect is gone, and so is its answer.
    await expect(reset.update(add, 2, { updateId: "2" })).rejects.toMatchObject({
      code: "UPDATE_NOT_COMPLETED",
    });
    await reset.signal("end");
    expect(await reset.result()).toBe(41);
  });

  test("keeps references of pending activities, and its payloads are as encoded as they were", async () => {
    const later = activity<string, string>({ name: "later", asyncComplete: true, execute: () => undefined });
    const asking = workflow({ name: "asking-later" }).execute(async function* (ctx, secret: string) {
      const [answer, said] = yield* ctx.all([
        ctx.run(later, secret, { reference: "answer" }),
        ctx.waitForSignal(signal<string>("say")),
      ]);
      return [secret, answer, said];
    });
    const namespace = randomNamespace("reset");
    const codec = encryption({ keys: { k: randomBytes(32) }, encryptWith: "k" });
    const engine = await openEngine({ namespace, codec, workflows: [asking], activities: [later] });
    const secret = randomUUID();
    const handle = await engine.start("asking-later", secret, { id: "a" });
    await handle.signal("say", secret);
    await waitFor(async () => (await indexOf(handle, "signal")) > 0, { description: "the signal is in" });
    await handle.reset({ event: await indexOf(handle, "signal") });
    const complete = () => engine.activities.complete({ workflowId: "a", reference: "answer" }, "yes");
    await waitFor(
      () =>
        complete().then(
          () => true,
          () => false,
        ),
      { description: "the reference is known again" },
    );
    expect(await handle.result()).toEqual([secret, "yes", secret]);
    const fork = await handle.fork({ event: 0, reapply: "signals" });
    await waitFor(async () => (await indexOf(fork, "signal")) > 0, {
      description: "the fork has the signal",
    });
    await fork.terminate();
    const redis = openRedis();
    for (const key of await redis.keys(`{heddle:${namespace}:*}:h:*`)) {
      expect((await redis.lrangeBuffer(key, 0, -1)).map((record) => record.toString()).join()).not.toContain(
        secret,
      );
    }
  });

  test("is refused for a record that is no event", async () => {
    const engine = await openEngine({ workflows: [asking] });
    const handle = await engine.start("asking", undefined, { id: "a" });
    await waitFor(async () => (await kindsOf(handle)).length === 2, { description: "it waits" });
    await expect(handle.reset({ event: 1 })).rejects.toMatchObject({
      ...{ code: "INVALID_ARGUMENT", details: { field: "event", nearest: 0 } },
    });
    await expect(handle.reset({ event: 7 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(engine.getHandle("nobody").reset({ event: 0 })).rejects.toMatchObject({
      code: "WORKFLOW_NOT_FOUND",
    });
  });
});

test("a fork goes on beside its original, which is not touched", async () => {
  const engine = await openEngine({ workflows: [asking] });
  const handle = await engine.start("asking", undefined, { id: "a" });
  await handle.signal(approved, "one");
  await waitFor(async () => (await indexOf(handle, "signal")) > 0, { description: "the signal is in" });
  const before = await handle.history();
  const fork = await handle.fork({ event: await indexOf(handle, "signal"), id: "b" });
  await fork.signal(approved, "b");
  expect(await handle.history()).toEqual(before);
  await handle.signal(approved, "a");
  const [original, forked] = await Promise.all([handle.result(), fork.result()]);
  expect(original.signals).toEqual(["one", "a"]);
  expect(forked).toMatchObject({ signals: ["one", "b"], before: original.before, runId: fork.runId });
  expect(forked.between).not.toBe(original.between);
  await expect(handle.fork({ event: 0, id: "b" })).rejects.toMatchObject({ code: "WORKFLOW_ALREADY_EXISTS" });
});

describe("a failed run that is retried", () => {
  let isBroken = true;
  const calls: number[] = [];
  const charge = activity({
    name: "charge",
    retry: { maxAttempts: 1 },
    execute: (number: number) => {
      calls.push(number);
      if (isBroken && number % 2 === 1) throw new Error("broken");
      return number * 10;
    },
  });
  const charging = workflow({ name: "charging" })
    .activities({ charge })
    .execute(async function* (ctx, fails: boolean) {
      const first = yield* ctx.run(charge, 0);
      const others = yield* ctx.all([1, 2, 3].map((number) => ctx.run(charge, number)));
      if (fails) throw new Error("of the code itself");
      return [first, ...others];
    });

  test("runs the failed activities again, and only these", async () => {
    const engine = await openEngine({ workflows: [charging], activities: [charge] });
    const handle = await engine.start("charging", false, { id: "c" });
    await expect(handle.result()).rejects.toMatchObject({ code: "WORKFLOW_FAILED" });
    isBroken = false;
    calls.length = 0;
    const retried = await handle.retry({ reason: "repaired" });
    expect(await retried.result()).toEqual([0, 10, 20, 30]);
    expect([...calls].sort()).toEqual([1, 3]);
    await expect(retried.retry()).rejects.toThrow(NotResettableError);
  });

  test("is refused when its own code failed", async () => {
    const engine = await openEngine({ workflows: [charging], activities: [charge] });
    isBroken = false;
    const handle = await engine.start("charging", true, { id: "c" });
    await expect(handle.result()).rejects.toMatchObject({ code: "WORKFLOW_FAILED" });
    await expect(handle.retry()).rejects.toMatchObject({ code: "NOT_RESETTABLE" });
  });
});

describe("a history that is imported", () => {
  test("of a closed run stays closed, and importing it again changes nothing", async () => {
    const [engine, other] = [
      await openEngine({ workflows: [asking] }),
      await openEngine({ workflows: [asking] }),
    ];
    const handle = await engine.start("asking", undefined, { id: "a" });
    await handle.signal(approved, "one");
    await handle.signal(approved, "two");
    const result = await handle.result();
    const exported = await handle.exportHistory();
    const imported = await other.importHistory(exported);
    expect(await imported.result()).toEqual(result);
    expect(await imported.history()).toEqual(await handle.history());
    expect((await other.list({ type: "asking", status: "completed" })).items.map(({ id }) => id)).toEqual([
      "a",
    ]);
    expect((await other.importHistory(exported)).runId).toBe(imported.runId);
    // The same run under the id of another: refused.
    await other.start("asking", undefined, { id: "b" });
    await expect(other.importHistory(exported, { id: "b" })).rejects.toMatchObject({
      code: "WORKFLOW_ALREADY_EXISTS",
    });
    await expect(other.importHistory("{}")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("of an open run goes on from its end, with what was pending", async () => {
    const notes: string[] = [];
    const write = activity({ name: "write", execute: (note: string) => void notes.push(note) });
    const writing = workflow({ name: "writing" }).execute(async function* (ctx) {
      const [text] = yield* ctx.all([
        ctx.waitForSignal(approved),
        ctx.sleep("1s"),
        ctx.run("write", "begun"),
      ]);
      return text;
    });
    const engine = await openEngine({ workflows: [writing], roles: ["client", "coordinator"] });
    const other = await openEngine({ workflows: [writing], activities: [write] });
    const handle = await engine.start("writing", undefined, { id: "w" });
    await handle.signal(approved, "yes", { signalId: "1" });
    await waitFor(async () => (await indexOf(handle, "signal")) > 0, { description: "the signal is in" });
    const imported = await other.importHistory(await handle.exportHistory(), { id: "copy" });
    await imported.signal(approved, "again", { signalId: "1" });
    expect(await imported.result()).toBe("yes");
    expect(notes).toEqual(["begun"]);
    expect(await handle.describe()).toMatchObject({ status: "running" });
  });
});

describe("a run that was reset and other workflows", () => {
  const go = signal<string>("go");
  const part = workflow({ name: "part" }).execute(async function* (ctx, text: string) {
    return text === "wait" ? yield* ctx.waitForSignal(go) : `${text} done`;
  });
  const whole = workflow({ name: "whole" })
    .signals({ approved })
    .execute(async function* (ctx) {
      const first = yield* ctx.runChild(part, "first");
      yield* ctx.startOrSignal("listener", undefined, { name: "heard", payload: first }, { id: "listener" });
      const note = yield* ctx.waitForSignal(approved);
      const child = yield* ctx.startChild(part, "wait");
      yield* child.signal(go, note);
      return [first, note, child.workflowId, yield* child.result()];
    });
  const listener = workflow({ name: "listener" }).execute(async function* (ctx) {
    return yield* ctx.waitForSignal("heard");
  });

  test("keeps the children that ended before the event, and starts others than those that came later", async () => {
    const engine = await openEngine({ workflows: [part, whole, listener] });
    const handle = await engine.start("whole", undefined, { id: "w" });
    await waitFor(() => kindsOf(handle).then((kinds) => kinds.at(-1) === "signal-awaited"), {
      description: "its first child has ended",
    });
    await handle.signal(approved, "one");
    const [, , firstChild] = await handle.result();
    const reset = await handle.reset({ event: await indexOf(handle, "signal") });
    const [first, note, secondChild, result] = await reset.result();
    expect([first, note, result]).toEqual(["first done", "one", "one"]);
    expect(secondChild).not.toBe(firstChild);
    expect(await engine.count({ type: "part" })).toBe(3);
    expect(await engine.getHandle("listener").result()).toBe("first done");
  });

  test("ends the children that came later by their policies", async () => {
    const waiting = workflow({ name: "waiting" })
      .signals({ approved })
      .execute(async function* (ctx) {
        yield* ctx.waitForSignal(approved);
        return yield* ctx.runChild(part, "wait", { id: "late" });
      });
    const engine = await openEngine({ workflows: [part, waiting] });
    const handle = await engine.start("waiting", undefined, { id: "w" });
    await handle.signal(approved, "one");
    const late = engine.getHandle("late");
    await waitFor(async () => (await engine.count({ idPrefix: "late", status: "running" })) === 1, {
      description: "the child runs",
    });
    await handle.reset({ event: await indexOf(handle, "started"), reapply: "none" });
    await expect(late.result()).rejects.toMatchObject({ code: "WORKFLOW_TERMINATED" });
    await waitFor(() => handle.describe().then(({ status }) => status === "running"), {
      description: "the run goes on",
    });
  });

  test("is not cut where its code awaits a child", async () => {
    const engine = await openEngine({ workflows: [part, whole, listener] });
    const handle = await engine.start("whole", undefined, { id: "w" });
    await handle.signal(approved, "one");
    await handle.result();
    const requested = await indexOf(handle, "child-start-requested");
    const accepted = (await handle.history()).findIndex(
      ({ kind, index }) => kind === "message-answered" && index > requested,
    );
    const refused = handle.reset({ event: accepted });
    await expect(refused).rejects.toThrow(NotResettableError);
    await expect(refused).rejects.toThrow(/awaits a child workflow; choose an event before/);
    await expect(handle.fork({ event: accepted })).rejects.toThrow(NotResettableError);
    expect((await handle.describe()).status).toBe("completed");
  });
});
