// A bit of everything that Heddle does, for tests of what its users in Redis need.
import { waitFor } from "@heddle/testkit";
import {
  activity,
  query,
  signal,
  update,
  workflow,
  type ActivityContext,
  type Engine,
  type OffloadedValue,
  type ScheduleHandle,
} from "heddle";

const go = signal<string>("go");
const seen = query<number>("seen");
const add = update<number, number>("add");

const flaky = activity({
  name: "flaky",
  retry: { maxAttempts: 3, initialBackoff: 20 },
  timeouts: { heartbeat: "10s" },
  execute: (value: number, context: ActivityContext) => {
    context.heartbeat({ at: context.attempt });
    if (context.attempt === 1) throw new Error("once more");
    return value * 2;
  },
});
const broken = activity({
  name: "broken",
  retry: { maxAttempts: 1 },
  execute: (): number => {
    throw new Error("broken");
  },
});
/** Ends when it is told to. */
const patient = activity({
  name: "patient",
  execute: (_input: undefined, { signal: aborted }: ActivityContext) =>
    new Promise<void>((_resolve, reject) => {
      aborted.addEventListener("abort", () => reject(new Error("told to end")));
    }),
});
const ask = activity<string, string>({
  name: "ask",
  asyncComplete: true,
  retry: { initialBackoff: 20 },
  execute: () => undefined,
});

const child = workflow({ name: "child", retention: "1s" }).execute(async function* (ctx, value: number) {
  yield* ctx.sleep(1);
  return value + 1;
});
const everything = workflow({ name: "everything" })
  .searchAttributes({ phase: "string" })
  .execute(async function* (ctx, input: { round: number; kept?: OffloadedValue<string> }) {
    let sum = 0;
    ctx.onQuery(seen, () => sum);
    ctx.onUpdate(add, (amount) => (sum += amount));
    ctx.setAttributes({ phase: `round ${input.round}` });
    const kept = input.kept ?? (yield* ctx.offload("kept ".repeat(5_000)));
    const [doubled, next] = yield* ctx.all([ctx.run(flaky, 21), ctx.runChild(child, 1)]);
    const stamped = yield* ctx.step("stamp", () => `${doubled} ${next}`);
    const word = yield* ctx.waitForSignal(go);
    yield* ctx.signalWorkflow("listener", go, word);
    if (input.round === 0) return yield* ctx.continueAsNew({ round: 1, kept });
    return { stamped, word, kept: (yield* ctx.load(kept)).length, sum };
  });
const listener = workflow({ name: "listener" }).execute(async function* (ctx) {
  return [yield* ctx.waitForSignal(go), yield* ctx.waitForSignal(go)];
});
const asking = workflow({ name: "asking" }).execute(async function* (ctx) {
  return yield* ctx.run(ask, "may I?", { reference: "question" });
});
const charging = workflow({ name: "charging" }).execute(async function* (ctx) {
  return yield* ctx.run(broken, undefined);
});
const lasting = workflow({ name: "lasting" }).execute(async function* (ctx) {
  return yield* ctx.run(patient, undefined);
});

export const broadWorkflows = [everything, child, listener, asking, charging, lasting] as const;
export const broadActivities = [flaky, broken, patient, ask];

type Caller = Engine<typeof broadWorkflows>;

/** Uses every operation of an engine whose coordinator and worker run elsewhere. */
export async function doBroadWork(engine: Caller): Promise<void> {
  await Promise.all([
    talkToRuns(engine),
    settleFromOutside(engine),
    useSchedules(engine),
    controlRuns(engine).then(() => searchAndRepair(engine)),
    look(engine),
  ]);
}

async function talkToRuns(engine: Caller): Promise<void> {
  await engine.start("listener", undefined, { id: "listener" });
  const run = await engine.start("everything", { round: 0 }, { idempotencyKey: "order-1", tags: ["vip"] });
  await engine.start("everything", { round: 0 }, { idempotencyKey: "order-1" });
  await run.update(add, 2);
  await run.query(seen);
  await run.signal(go, "one", { signalId: "1" });
  await run.signal(go, "two");
  await run.result();
  await engine.getHandle("listener").result();
  await engine.startOrSignal(
    "listener",
    undefined,
    { name: "go", payload: "a", signalId: "1" },
    { id: "second-listener" },
  );
  const accepted = await engine.startUpdateWithStart(
    "everything",
    { round: 1 },
    { update: add, input: 1 },
    { id: "updated" },
  );
  await accepted.update.result();
  await engine.execute("child", 1, { id: "short" });
  await waitFor(async () => (await engine.count({ idPrefix: "short" })) === 0, {
    description: "the run is purged",
    timeoutMs: 20_000,
  });
}

async function look(engine: Caller): Promise<void> {
  const { items } = await engine.queues.list();
  await Promise.all(items.map(({ name }) => engine.queues.describe(name)));
  const watched = engine.watch();
  await watched.next();
  const run = await engine.start("child", 1);
  await watched.next();
  await watched.return();
  for await (const _event of run.followHistory()) continue;
}

async function settleFromOutside(engine: Caller): Promise<void> {
  const target = { workflowId: "asked", reference: "question" };
  const asked = await engine.start("asking", undefined, { id: "asked" });
  const isThere = async (): Promise<boolean> =>
    (await asked.history()).some(({ kind }) => kind === "activity-scheduled");
  await waitFor(isThere, { description: "the activity is there" });
  await engine.activities.heartbeat(target, "still at it");
  await engine.activities.fail(target, new Error("ask again"));
  await engine.activities.complete(target, "yes");
  await asked.result();
}

async function useSchedules(engine: Caller): Promise<void> {
  const schedule = await engine.schedules.create({
    ...{ id: "ticking", interval: { every: "1s" }, overlap: "allow-all" },
    workflow: { type: "child", input: 1 },
  });
  await untilStarted(schedule, 1);
  await schedule.pause("for a while");
  await schedule.resume();
  await schedule.trigger();
  await schedule.backfill({ from: new Date(Date.now() - 3_000), to: new Date(Date.now() - 1_000) });
  await schedule.update({ overlap: "cancel-other", interval: { every: "2s" } });
  await untilStarted(schedule, 4);
  await engine.schedules.list();
  await schedule.delete();
}

function untilStarted(schedule: ScheduleHandle, count: number): Promise<unknown> {
  return waitFor(async () => (await schedule.describe()).counts.started >= count, {
    description: `${count} runs of the schedule`,
    timeoutMs: 20_000,
  });
}

async function controlRuns(engine: Caller): Promise<void> {
  const lasting = await Promise.all(
    ["a", "b", "c"].map((id) => engine.start("lasting", undefined, { id: `lasting-${id}` })),
  );
  const [cancelled, terminated, suspended] = lasting;
  for (const each of lasting) {
    await waitFor(async () => (await each.describe()).status === "running", { description: "it runs" });
  }
  await cancelled?.cancel({ reason: "enough" });
  await terminated?.terminate({ reason: "enough" });
  await suspended?.suspend();
  await suspended?.resume();
  await Promise.allSettled([cancelled?.result(), terminated?.result()]);
  await engine.start("listener", undefined, { id: "delayed", startAfter: 200, runTimeout: 300 });
  await engine
    .getHandle("delayed")
    .result()
    .catch(() => undefined);
  await engine.start("lasting", undefined, { id: "lasting-c", idConflict: "terminate-existing" });
  await engine.bulk.cancel({ type: "lasting" }, { reason: "all of them" });
}

async function searchAndRepair(engine: Caller): Promise<void> {
  await engine.start("listener", undefined, { id: "found", attributes: { phase: "new" }, memo: "m" });
  await engine.setAttributes("found", { phase: "old", tags: ["vip"] });
  await engine.list({ attributes: { phase: "old" }, tags: ["vip"] });
  await engine.list({ type: "listener", idPrefix: "f", createdAt: { from: 0 } });
  await engine.list({ limit: 1 });
  await engine.count({ status: "running" });
  await engine.aggregate({}, { groupBy: "type" });
  await engine.aggregate({ type: "listener" }, { groupBy: { attribute: "phase" } });
  const found = engine.getHandle("found");
  await found.signal(go, "x");
  await waitFor(async () => (await found.history()).some(({ kind }) => kind === "signal"), {
    description: "the signal is in the history",
  });
  const exported = await found.exportHistory();
  const reset = await found.reset({ event: 0, reason: "look again" });
  await waitFor(async () => (await reset.history()).some(({ kind }) => kind === "signal"), {
    description: "the signal is there again",
  });
  await reset.fork({ event: 0, id: "forked" });
  await engine.importHistory(exported, { id: "imported" });
  const failed = await engine.start("charging", undefined, { id: "failed" });
  await failed.result().catch(() => undefined);
  await (await failed.retry()).result().catch(() => undefined);
}
