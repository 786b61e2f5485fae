// What the types of the public package infer and refuse. The compiler is the test: `npm run typecheck`.
import {
  activity,
  chainCodecs,
  compression,
  encryption,
  Engine,
  query,
  signal,
  update,
  workflow,
  type BulkSummary,
  type PayloadCodec,
  type ScheduleHandle,
  type SignalledWorkflowHandle,
  type WorkflowHandle,
} from "heddle";
import { expectTypeOf, test } from "vitest";

const charge = activity({ name: "charge", execute: (input: { cents: number }) => `paid ${input.cents}` });
const order = workflow({ name: "order" })
  .activities({ charge })
  .execute(async function* (ctx, input: { cents: number }) {
    const receipt = yield* ctx.run("charge", { cents: input.cents });
    return { receipt };
  });
const nightly = workflow({ name: "nightly" }).execute(function* (ctx) {
  yield* ctx.sleep("1s");
  return 7;
});

const approval = signal<{ approved: boolean }>("approval");
const nudge = signal<void>("nudge");
const pay = update<{ cents: number }, string>("pay");
const balance = update<number>("balance");
const anything = signal("anything");
const phase = query<"waiting" | "done">("phase");
const lineOf = query<{ index: number }, string>("line");

// Never called: types are all there is to see. A constructor connects nothing.
const asList = new Engine({ workflows: [order, nightly] });
const asMap = new Engine({ workflows: { shop: order, nightly } });
const untyped = new Engine().register(order);
declare const handle: WorkflowHandle<number>;
const unchecked = (_code: () => Promise<unknown>) => undefined;

test("input and output are inferred from workflows given as a list", () => {
  unchecked(async () => {
    const started = await asList.start("order", { cents: 5 });
    expectTypeOf(started).toEqualTypeOf<WorkflowHandle<{ receipt: string }>>();
    expectTypeOf(await started.result()).toEqualTypeOf<{ receipt: string }>();
    expectTypeOf(await asList.start("nightly")).toEqualTypeOf<WorkflowHandle<number>>();
    const both = await asList.startOrSignal("order", { cents: 5 }, { name: "x", signalId: "1" }, { id: "o" });
    expectTypeOf(both).toEqualTypeOf<SignalledWorkflowHandle<{ receipt: string }>>();
    expectTypeOf(both.outcome).toEqualTypeOf<"started" | "signalled" | "duplicate">();
  });
});

test("input and output are inferred from workflows given as a map, by their own names", () => {
  unchecked(async () => {
    expectTypeOf(await (await asMap.start("order", { cents: 5 })).result()).toEqualTypeOf<{
      receipt: string;
    }>();
    expectTypeOf(await (await asMap.start("nightly")).result()).toEqualTypeOf<number>();
    expectTypeOf(await (await asMap.start("shop", { anything: true })).result()).toEqualTypeOf<unknown>();
  });
});

test("an update that goes with a start types its input and its result", () => {
  unchecked(async () => {
    const call = { update: pay, input: { cents: 5 } };
    const updated = await asList.updateWithStart("order", { cents: 5 }, call, { id: "o" });
    expectTypeOf(updated.result).toEqualTypeOf<string>();
    expectTypeOf(updated.handle).toEqualTypeOf<WorkflowHandle<{ receipt: string }>>();
    expectTypeOf(updated.outcome).toEqualTypeOf<"started" | "existing">();
    const updating = await asMap.startUpdateWithStart("nightly", undefined, { update: balance });
    expectTypeOf(await updating.update.result()).toEqualTypeOf<number>();
    const byName = await untyped.updateWithStart("order", {}, { update: "pay", input: "anything" });
    expectTypeOf(byName.result).toEqualTypeOf<unknown>();
    // @ts-expect-error cents is a number
    await asList.updateWithStart("order", { cents: 5 }, { update: pay, input: { cents: "5" } });
    // @ts-expect-error pay needs its input
    await asList.updateWithStart("order", { cents: 5 }, { update: pay });
    // @ts-expect-error balance takes no input
    await asList.updateWithStart("order", { cents: 5 }, { update: balance, input: 1 });
    // @ts-expect-error the workflow's own input is checked as well
    await asList.updateWithStart("order", {}, call);
    // @ts-expect-error an open run is not terminated for an update
    await asList.updateWithStart("order", { cents: 5 }, call, { idConflict: "terminate-existing" });
  });
});

test("a wrong input is refused", () => {
  unchecked(async () => {
    // @ts-expect-error cents is a number
    await asList.start("order", { cents: "5" });
    // @ts-expect-error cents is missing
    await asMap.start("order", {});
    // @ts-expect-error order needs its input
    await asList.start("order");
    // @ts-expect-error cents is a number here as well
    await asList.startOrSignal("order", { cents: "5" }, { name: "x", signalId: "1" });
    // @ts-expect-error nightly takes no input
    await asList.start("nightly", { at: 3 });
  });
});

test("names that came by register are untyped", () => {
  unchecked(async () => {
    const started = await untyped.start("order", { cents: "five" });
    expectTypeOf(await started.result()).toEqualTypeOf<unknown>();
    expectTypeOf(untyped.getHandle("id")).toEqualTypeOf<WorkflowHandle>();
    expectTypeOf(await untyped.getHandle<string>("id").result()).toEqualTypeOf<string>();
  });
});

test("the handle of a signal checks the payload, for senders and for the code that waits", () => {
  unchecked(async () => {
    await asList.signal("id", approval, { approved: true }, { signalId: "1" });
    await handle.signal(approval, { approved: true });
    await handle.signal(nudge);
    await handle.signal(nudge, undefined, { signalId: "1" });
    await handle.signal(anything, { of: "any kind" });
    await handle.signal("by-name", 3);
    // @ts-expect-error approved is a boolean
    await handle.signal(approval, { approved: "yes" });
    // @ts-expect-error the payload is missing
    await asList.signal("id", approval);
    // @ts-expect-error nudge carries nothing
    await handle.signal(nudge, 1);
  });
  workflow({ name: "waits" })
    .signals({ approval })
    .execute(async function* (ctx) {
      expectTypeOf(yield* ctx.waitForSignal(approval)).toEqualTypeOf<{ approved: boolean }>();
      expectTypeOf(yield* ctx.waitForSignal("approval")).toEqualTypeOf<{ approved: boolean }>();
      expectTypeOf(yield* ctx.waitForSignal("other")).toEqualTypeOf<unknown>();
      const [first, second] = yield* ctx.all([ctx.waitForSignal(approval), ctx.run(charge, { cents: 1 })]);
      expectTypeOf(first).toEqualTypeOf<{ approved: boolean }>();
      expectTypeOf(second).toEqualTypeOf<string>();
      const winner = yield* ctx.race([ctx.waitForSignal(approval), ctx.sleep("1s")]);
      expectTypeOf(winner).toEqualTypeOf<{ approved: boolean } | undefined>();
    });
});

test("answers of a query are typed, and absent ones are undefined", () => {
  unchecked(async () => {
    expectTypeOf(await asList.query("id", phase)).toEqualTypeOf<"waiting" | "done" | undefined>();
    expectTypeOf(await handle.query(lineOf, { index: 3 })).toEqualTypeOf<string | undefined>();
    expectTypeOf(await handle.query("by-name")).toEqualTypeOf<unknown>();
    // @ts-expect-error line needs its input
    await handle.query(lineOf);
    // @ts-expect-error index is a number
    await handle.query(lineOf, { index: "3" });
  });
  workflow({ name: "answers" }).execute(function* (ctx) {
    ctx.onQuery(phase, () => "waiting");
    ctx.onQuery(lineOf, ({ index }) => `line ${index}`);
    // @ts-expect-error the answer is a text
    ctx.onQuery(lineOf, ({ index }): number => index);
    yield* ctx.sleep(1);
  });
});

test("an activity named by the workflow checks its input", () => {
  workflow({ name: "typed-run" })
    .activities({ charge })
    .execute(function* (ctx) {
      expectTypeOf(yield* ctx.run("charge", { cents: 1 })).toEqualTypeOf<string>();
      expectTypeOf(yield* ctx.run(charge, { cents: 1 })).toEqualTypeOf<string>();
      expectTypeOf(yield* ctx.run("elsewhere", { free: "form" })).toEqualTypeOf<unknown>();
      expectTypeOf(yield* ctx.step("double", () => 2)).toEqualTypeOf<number>();
      // @ts-expect-error cents is a number
      yield* ctx.run(charge, { cents: "1" });
    });
});

test("a run that is repaired has the result of its workflow", () => {
  unchecked(async () => {
    expectTypeOf(await handle.reset({ event: 3 })).toEqualTypeOf<WorkflowHandle<number>>();
    expectTypeOf(await handle.retry()).toEqualTypeOf<WorkflowHandle<number>>();
    expectTypeOf(await handle.fork({ event: 3, id: "copy" })).toEqualTypeOf<WorkflowHandle<number>>();
    // @ts-expect-error an event must be named
    await handle.reset({});
    // @ts-expect-error outcomes are for retries
    await handle.reset({ event: 1, reapply: "outcomes" });
    expectTypeOf(await asList.bulk.signal({}, approval, { approved: true })).toEqualTypeOf<BulkSummary>();
    // @ts-expect-error a payload of another type
    await asList.bulk.signal({}, approval, "yes");
    // @ts-expect-error a reset needs to know where to
    await asList.bulk.reset({});
  });
});

test("attributes, filters and groups take what can be stored and asked, and nothing else", () => {
  unchecked(async () => {
    const attributes = { customer: "ada", total: 5, due: new Date(), paid: true, labels: ["a"] };
    await asList.start("order", { cents: 5 }, { attributes, tags: ["vip"], memo: { any: 1 } });
    // @ts-expect-error -- no attribute holds an object
    await asList.start("order", { cents: 5 }, { attributes: { customer: {} } });
    await asList.list({ attributes: { total: { gte: 1, lt: 5 }, customer: { in: ["a"] } }, tags: ["vip"] });
    // @ts-expect-error -- a range has numbers or dates at its ends
    await asList.count({ attributes: { total: { gte: "1" } } });
    const groups = await asList.aggregate({}, { groupBy: { attribute: "total" } });
    expectTypeOf(groups[0]?.group).toEqualTypeOf<string | number | boolean | Date | null | undefined>();
    // @ts-expect-error -- runs are not grouped by their id
    await asList.aggregate({}, { groupBy: "id" });
    await handle.setAttributes({ customer: null, total: 6 });
    // @ts-expect-error -- no attribute holds a function
    await handle.setAttributes({ customer: () => 1 });
  });
});

test("an activity is settled by its token or its reference", () => {
  unchecked(async () => {
    const { activities } = untyped;
    await activities.complete("token");
    await activities.complete({ workflowId: "order-1", reference: "charge" }, { receipt: 1 });
    expectTypeOf(await activities.fail("token", new Error("no"))).toEqualTypeOf<{
      readonly willRetry: boolean;
    }>();
    expectTypeOf(await activities.heartbeat("token", 5)).toEqualTypeOf<{
      readonly cancelRequested: boolean;
    }>();
    // @ts-expect-error -- a reference belongs to a workflow
    await activities.complete({ reference: "charge" });
  });
});

test("a codec encodes and decodes, synchronously", () => {
  unchecked(async () => {
    const codec = chainCodecs(compression(), encryption({ keys: {}, encryptWith: "k" }));
    expectTypeOf(codec).toEqualTypeOf<PayloadCodec>();
    await Engine.create({ codec });
    // @ts-expect-error -- what a codec gives is stored at once
    await Engine.create({ codec: { ...codec, encode: (payload) => Promise.resolve(payload) } });
  });
});

test("the input of a schedule is that of its workflow", () => {
  unchecked(async () => {
    const { schedules } = asList;
    const daily = { id: "daily", cron: "@daily" } as const;
    const made = await schedules.create({ ...daily, workflow: { type: "order", input: { cents: 5 } } });
    expectTypeOf(made).toEqualTypeOf<ScheduleHandle>();
    await schedules.create({ ...daily, workflow: { type: "nightly", runTimeout: "1h" } });
    await untyped.schedules.create({ ...daily, workflow: { type: "anything", input: 1 } });
    // @ts-expect-error another input
    await schedules.create({ ...daily, workflow: { type: "order", input: { cents: "5" } } });
    // @ts-expect-error the input is missing
    await schedules.create({ ...daily, workflow: { type: "order" } });
    // @ts-expect-error it takes none
    await schedules.create({ ...daily, workflow: { type: "nightly", input: 1 } });
    // @ts-expect-error the schedule names its runs
    await schedules.create({ ...daily, workflow: { type: "nightly", id: "mine" } });
    // @ts-expect-error no such policy
    await schedules.create({ ...daily, workflow: { type: "nightly" }, overlap: "queue" });
    await made.update({ endAt: null, remainingRuns: null, interval: null });
    // @ts-expect-error an id never changes
    await made.update({ id: "other" });
    const { nextTimesMs, recentRuns } = await made.describe();
    expectTypeOf(nextTimesMs).toEqualTypeOf<readonly number[]>();
    expectTypeOf(recentRuns[0]?.workflowId).toEqualTypeOf<string | undefined>();
    expectTypeOf((await made.trigger({ overlap: "allow-all" })).workflowId).toEqualTypeOf<string>();
  });
});
