import { activity, signal, workflow } from "heddle";

export const noop = activity({ name: "noop", execute: (input: number) => input + 1 });

const queued = workflow({ name: "three-queued" })
  .activities({ noop })
  .execute(async function* (ctx, input: number) {
    const one = yield* ctx.run("noop", input);
    const two = yield* ctx.run("noop", one);
    return yield* ctx.run("noop", two);
  });

const inline = workflow({ name: "three-inline" }).execute(async function* (ctx, input: number) {
  const one = yield* ctx.step("one", () => input + 1);
  const two = yield* ctx.step("two", () => one + 1);
  return yield* ctx.step("three", () => two + 1);
});

const go = signal<number>("go");

const waiting = workflow({ name: "signal-wait" }).execute(async function* (ctx, _input: string) {
  return yield* ctx.waitForSignal(go);
});

/** Takes every signal and never ends: a target for start-or-signal. */
const collecting = workflow({ name: "collect" }).execute(async function* (ctx, _input: string) {
  for (;;) yield* ctx.waitForSignal(go);
});

export const workflows = [queued, inline, waiting, collecting];
