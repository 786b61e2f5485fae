// The client's surface is that of the engine: what compiles with one compiles with the other.
import { HeddleClient } from "@heddle/client";
import type * as overHttp from "@heddle/client";
import { query, signal, update, workflow } from "heddle";
import type * as inProcess from "heddle";
import { expectTypeOf, test } from "vitest";

const _order = workflow({ name: "order" }).execute(function* (_ctx, input: { cents: number }) {
  yield* _ctx.sleep(1);
  return { receipt: `paid ${input.cents}` };
});
const _nightly = workflow({ name: "nightly" }).execute(function* (ctx) {
  yield* ctx.sleep("1s");
  return 7;
});
const approval = signal<{ approved: boolean }>("approval");
const nudge = signal<void>("nudge");
const pay = update<{ cents: number }, string>("pay");
const phase = query<"waiting" | "done">("phase");

// Never called: types are all there is to see. A constructor sends nothing.
const client = new HeddleClient<[typeof _order, typeof _nightly]>({ url: "http://127.0.0.1:1" });
declare const handle: overHttp.WorkflowHandle<number>;
const unchecked = (_code: () => Promise<unknown>) => undefined;

test("inputs, outputs and handles are typed by the workflows", () => {
  unchecked(async () => {
    const started = await client.start("order", { cents: 5 });
    expectTypeOf(started).toEqualTypeOf<overHttp.WorkflowHandle<{ receipt: string }>>();
    expectTypeOf(await client.execute("nightly")).toEqualTypeOf<number>();
    expectTypeOf(await handle.query(phase)).toEqualTypeOf<"waiting" | "done" | undefined>();
    expectTypeOf(await handle.update(pay, { cents: 5 })).toEqualTypeOf<string>();
    expectTypeOf(await (await handle.startUpdate(pay, { cents: 5 })).result()).toEqualTypeOf<string>();
    const updated = await client.updateWithStart("order", { cents: 5 }, { update: pay, input: { cents: 1 } });
    expectTypeOf(updated).toEqualTypeOf<overHttp.UpdatedWorkflow<{ receipt: string }, string>>();
    // @ts-expect-error -- the input of the update must be given
    await client.startUpdateWithStart("order", { cents: 5 }, { update: pay });
    await handle.signal(nudge);
    await handle.signal(approval, { approved: true }, { signalId: "once" });
    // @ts-expect-error -- the input has no such field
    await client.start("order", { euros: 5 });
    // @ts-expect-error -- the input must be given
    await client.start("order");
    // @ts-expect-error -- the payload must be given
    await handle.signal(approval);
  });
});

test("its options are those of the engine, and more: a signal that ends the call", () => {
  expectTypeOf<Omit<overHttp.StartOptions, "signal">>().toEqualTypeOf<
    Pick<inProcess.StartOptions, keyof overHttp.StartOptions & keyof inProcess.StartOptions>
  >();
  expectTypeOf<Omit<overHttp.StartOrSignalOptions, "signal">>().toExtend<inProcess.StartOrSignalOptions>();
  expectTypeOf<Omit<overHttp.ListOptions, "signal">>().toExtend<inProcess.ListOptions>();
  expectTypeOf<Omit<overHttp.ResetOptions, "signal">>().toEqualTypeOf<inProcess.ResetOptions>();
  expectTypeOf<Omit<overHttp.ForkOptions, "signal">>().toEqualTypeOf<inProcess.ForkOptions>();
  expectTypeOf<Omit<overHttp.RetryRunOptions, "signal">>().toEqualTypeOf<inProcess.RetryRunOptions>();
  expectTypeOf<Omit<overHttp.ImportOptions, "signal">>().toEqualTypeOf<inProcess.ImportOptions>();
  expectTypeOf<Omit<overHttp.AggregateOptions, "signal">>().toEqualTypeOf<inProcess.AggregateOptions>();
  expectTypeOf<overHttp.BulkOptions>().toEqualTypeOf<inProcess.BulkOptions>();
  expectTypeOf<overHttp.BulkSummary>().toEqualTypeOf<inProcess.BulkSummary>();
  expectTypeOf<Omit<overHttp.ListQueuesOptions, "signal">>().toEqualTypeOf<inProcess.ListQueuesOptions>();
  expectTypeOf<
    Omit<overHttp.DescribeQueueOptions, "signal">
  >().toEqualTypeOf<inProcess.DescribeQueueOptions>();
  expectTypeOf<Exclude<keyof inProcess.Queues, keyof overHttp.Queues>>().toBeNever();
  expectTypeOf<Exclude<keyof inProcess.OpenActivities, keyof overHttp.OpenActivities>>().toBeNever();
  expectTypeOf<overHttp.ActivityTarget>().toEqualTypeOf<inProcess.ActivityTarget>();
  expectTypeOf<overHttp.RunDescription>().toExtend<
    Pick<inProcess.RunDescription, keyof overHttp.RunDescription & keyof inProcess.RunDescription>
  >();
});

test("its schedules are those of the engine", () => {
  unchecked(async () => {
    const timing = { id: "s", cron: "@daily" } as const;
    const schedule = await client.schedules.create({
      ...timing,
      workflow: { type: "order", input: { cents: 5 } },
    });
    expectTypeOf(schedule).toEqualTypeOf<overHttp.ScheduleHandle>();
    await client.schedules.create({ ...timing, workflow: { type: "nightly" } });
    // @ts-expect-error -- the input must be given
    await client.schedules.create({ ...timing, workflow: { type: "order" } });
    // @ts-expect-error -- the input has no such field
    await client.schedules.create({ ...timing, workflow: { type: "order", input: { euros: 5 } } });
    await schedule.trigger({ overlap: "skip", idempotencyKey: "once", signal: AbortSignal.timeout(1) });
  });
  expectTypeOf<overHttp.ScheduleDescription>().toEqualTypeOf<inProcess.ScheduleDescription>();
  expectTypeOf<overHttp.SchedulePage>().toEqualTypeOf<inProcess.SchedulePage>();
  expectTypeOf<overHttp.ScheduleOptions>().toExtend<inProcess.ScheduleOptions>();
  expectTypeOf<inProcess.ScheduleOptions>().toExtend<overHttp.ScheduleOptions>();
  expectTypeOf<overHttp.ScheduleChanges>().toExtend<inProcess.ScheduleChanges>();
  expectTypeOf<inProcess.ScheduleChanges>().toExtend<overHttp.ScheduleChanges>();
  expectTypeOf<overHttp.Schedules>().toExtend<Pick<inProcess.Schedules, "list">>();
  // Whoever holds a handle need not know whose it is.
  expectTypeOf<overHttp.ScheduleHandle>().toExtend<
    Pick<inProcess.ScheduleHandle, keyof inProcess.ScheduleHandle>
  >();
  expectTypeOf<Exclude<keyof inProcess.Schedules, keyof overHttp.Schedules>>().toBeNever();
});

test("it has the methods of the engine, but for those of a process", () => {
  type OfAProcess = "ready" | "register" | "shutdown";
  expectTypeOf<Exclude<keyof inProcess.Engine, keyof HeddleClient | OfAProcess>>().toBeNever();
  expectTypeOf<Exclude<keyof inProcess.Engine["bulk"], keyof HeddleClient["bulk"]>>().toBeNever();
  type OfHandle = Exclude<keyof inProcess.WorkflowHandle, keyof overHttp.WorkflowHandle>;
  expectTypeOf<OfHandle>().toBeNever();
});
