import { expectTypeOf, test } from "vitest";
import { activity } from "./activity.js";
import type { SettledOutcome } from "./composition.js";
import type { WorkflowContext } from "./context.js";
import type { OffloadedValue } from "./offloaded-value.js";
import type { Operation } from "./operation.js";
import { query } from "./query.js";
import { signal } from "./signal.js";
import { workflow } from "./workflow.js";

interface Order {
  orderId: string;
}
const charge = activity({
  name: "charge",
  execute: (input: Order) => Promise.resolve({ receipt: input.orderId }),
});
const ping = activity({ name: "ping", execute: () => 5 });
const greet = activity({ name: "greet", execute: (name?: string) => `hello ${name ?? "you"}` });
const approve = signal<{ approved: boolean }>("approve");

// The generators of this file are never run: what is tested is that they compile, or do not.
const shop = workflow({ name: "shop" }).activities({ charge, ping, greet }).signals({ approve });

test("ctx.run by a name of the activities map takes its input and gives its output", () => {
  shop.execute(async function* (ctx) {
    expectTypeOf(yield* ctx.run("charge", { orderId: "1" })).toEqualTypeOf<{ receipt: string }>();
    expectTypeOf(yield* ctx.run("ping")).toEqualTypeOf<number>();
    expectTypeOf(yield* ctx.run("ping", undefined, { queue: "slow" })).toEqualTypeOf<number>();
    expectTypeOf(yield* ctx.run("greet")).toEqualTypeOf<string>();
    expectTypeOf(yield* ctx.run("greet", "Ada")).toEqualTypeOf<string>();
  });
});

test("a known activity with a wrong or missing input does not pass as an unknown one", () => {
  shop.execute(async function* (ctx) {
    // @ts-expect-error -- the input is required
    yield* ctx.run("charge");
    // @ts-expect-error -- a field is misspelt
    yield* ctx.run("charge", { orderID: "1" });
    // @ts-expect-error -- it takes no input
    yield* ctx.run("ping", 5);
    // @ts-expect-error -- an option is misspelt
    yield* ctx.run("charge", { orderId: "1" }, { retries: 3 });
  });
});

test("ctx.run by definition is typed by it", () => {
  workflow({ name: "by-definition" }).execute(async function* (ctx) {
    expectTypeOf(yield* ctx.run(charge, { orderId: "1" })).toEqualTypeOf<{ receipt: string }>();
    expectTypeOf(yield* ctx.run(ping)).toEqualTypeOf<number>();
    // @ts-expect-error -- the input is required
    yield* ctx.run(charge);
    // @ts-expect-error -- the input has another type
    yield* ctx.run(charge, { orderId: 1 });
  });
});

test("ctx.run of a function is typed by it, with promises unwrapped", () => {
  workflow({ name: "by-function" }).execute(async function* (ctx) {
    expectTypeOf(yield* ctx.run(() => 5)).toEqualTypeOf<number>();
    expectTypeOf(yield* ctx.run(async () => Promise.resolve("a"))).toEqualTypeOf<string>();
    expectTypeOf(yield* ctx.run((input: number) => input > 1, 5)).toEqualTypeOf<boolean>();
    // @ts-expect-error -- the input has another type
    yield* ctx.run((input: number) => input > 1, "5");
  });
});

test("ctx.run by an unknown name takes anything and gives unknown", () => {
  workflow({ name: "unknown-names" }).execute(async function* (ctx, input: { name: string }) {
    expectTypeOf(yield* ctx.run("fulfillOrder", { orderId: "1" })).toEqualTypeOf<unknown>();
    expectTypeOf(yield* ctx.run("fulfillOrder")).toEqualTypeOf<unknown>();
    expectTypeOf(yield* ctx.run(input.name, 5, { retry: { maxAttempts: 1 } })).toEqualTypeOf<unknown>();
  });
  shop.execute(async function* (ctx) {
    expectTypeOf(yield* ctx.run("somewhere-else", 5)).toEqualTypeOf<unknown>();
  });
});

test("ctx.step gives what its function gives", () => {
  shop.execute(async function* (ctx) {
    expectTypeOf(yield* ctx.step("total", () => 5)).toEqualTypeOf<number>();
    expectTypeOf(yield* ctx.step("load", async () => Promise.resolve(["a"]))).toEqualTypeOf<string[]>();
  });
});

test("the payload of a signal is inferred at the wait site", () => {
  shop.execute(async function* (ctx) {
    expectTypeOf(yield* ctx.waitForSignal(approve)).toEqualTypeOf<{ approved: boolean }>();
    expectTypeOf(yield* ctx.waitForSignal(approve, { timeout: "1h" })).toEqualTypeOf<{ approved: boolean }>();
    expectTypeOf(yield* ctx.waitForSignal("approve")).toEqualTypeOf<{ approved: boolean }>();
    expectTypeOf(yield* ctx.waitForSignal("another")).toEqualTypeOf<unknown>();
    // @ts-expect-error -- no such option
    yield* ctx.waitForSignal(approve, { deadline: "1h" });
  });
});

test("a sleep gives undefined", () => {
  shop.execute(async function* (ctx) {
    expectTypeOf(yield* ctx.sleep("1s")).toEqualTypeOf<undefined>();
    expectTypeOf(yield* ctx.sleepUntil(new Date(0))).toEqualTypeOf<undefined>();
  });
});

test("ctx.all gives a tuple in the order of its branches, generators included", () => {
  shop.execute(async function* (ctx) {
    const results = yield* ctx.all([
      ctx.run("charge", { orderId: "1" }),
      ctx.sleep(1),
      countdown(ctx, 3),
      waitTwice(ctx),
    ]);
    expectTypeOf(results).toEqualTypeOf<[{ receipt: string }, undefined, number, boolean]>();
    expectTypeOf(yield* ctx.all([])).toEqualTypeOf<[]>();
  });
});

test("ctx.all of a list of one kind gives a list", () => {
  shop.execute(async function* (ctx, orders: Order[]) {
    const receipts = yield* ctx.all(orders.map((order) => ctx.run(charge, order)));
    expectTypeOf(receipts).toEqualTypeOf<{ receipt: string }[]>();
  });
});

test("ctx.allSettled gives how each branch ended, in order", () => {
  shop.execute(async function* (ctx) {
    const [receipt, count] = yield* ctx.allSettled([ctx.run("charge", { orderId: "1" }), countdown(ctx, 3)]);
    expectTypeOf(receipt).toEqualTypeOf<SettledOutcome<{ receipt: string }>>();
    expectTypeOf(count).toEqualTypeOf<SettledOutcome<number>>();
    if (count.status === "fulfilled") expectTypeOf(count.value).toEqualTypeOf<number>();
    else expectTypeOf(count.reason).toEqualTypeOf<unknown>();
  });
});

test("ctx.map gives a list of results, or of settled outcomes when it has a policy", () => {
  shop.execute(async function* (ctx, orders: readonly Order[]) {
    const pay = (order: Order, index: number) => ctx.run(charge, { ...order, orderId: `${index}` });
    expectTypeOf(yield* ctx.map(orders, pay)).toEqualTypeOf<{ receipt: string }[]>();
    expectTypeOf(yield* ctx.map(orders, pay, { concurrency: 2 })).toEqualTypeOf<{ receipt: string }[]>();
    expectTypeOf(yield* ctx.map([1, 2], (from) => countdown(ctx, from))).toEqualTypeOf<number[]>();
    type Outcomes = SettledOutcome<{ receipt: string }>[];
    expectTypeOf(yield* ctx.map(orders, pay, { toleratedFailures: 0 })).toEqualTypeOf<Outcomes>();
    expectTypeOf(yield* ctx.map(orders, pay, { concurrency: 2, minSuccesses: 1 })).toEqualTypeOf<Outcomes>();
    // @ts-expect-error -- a promise cannot be replayed
    yield* ctx.map(orders, async (order) => Promise.resolve(order));
    // @ts-expect-error -- no such option
    yield* ctx.map(orders, pay, { limit: 5 });
  });
});

test("ctx.scope and ctx.saga give what their code returns, and a compensation gets the result of its step", () => {
  shop.execute(async function* (ctx) {
    expectTypeOf(yield* ctx.scope(() => countdown(ctx, 3), { timeout: "1s" })).toEqualTypeOf<number>();
    expectTypeOf(yield* ctx.scope(() => waitTwice(ctx), { shielded: true })).toEqualTypeOf<boolean>();
    expectTypeOf(yield* ctx.scope(() => ctx.run(ping))).toEqualTypeOf<number>();
    // @ts-expect-error -- gives no branch
    yield* ctx.scope(() => 5);
    const receipt = yield* ctx.saga(async function* (saga) {
      const charged = yield* saga.run(ctx.run("charge", { orderId: "1" }), (result) => {
        expectTypeOf(result).toEqualTypeOf<{ receipt: string }>();
        return ctx.run("undo", result);
      });
      saga.addCompensation(() => countdown(ctx, 1));
      return charged.receipt;
    });
    expectTypeOf(receipt).toEqualTypeOf<string>();
    // @ts-expect-error -- a compensation gives a branch
    yield* ctx.saga((saga) => saga.run(ctx.sleep(1), () => 5));
    ctx.onCancel((reason) => expectTypeOf(reason).toEqualTypeOf<string>());
  });
});

test("ctx.race gives the union of its branches", () => {
  shop.execute(async function* (ctx) {
    const winner = yield* ctx.race([ctx.waitForSignal(approve), ctx.sleep("1h"), countdown(ctx, 3)]);
    expectTypeOf(winner).toEqualTypeOf<{ approved: boolean } | undefined | number>();
  });
});

test("branches are operations and generators, nothing else", () => {
  shop.execute(async function* (ctx) {
    // @ts-expect-error -- a promise cannot be replayed
    yield* ctx.all([Promise.resolve(5)]);
    // @ts-expect-error -- the function was not called
    yield* ctx.race([countdown]);
  });
});

test("a query handler must answer with the query's type and gets the query's input", () => {
  shop.execute(async function* (ctx) {
    ctx.onQuery(query<string>("phase"), () => "waiting");
    ctx.onQuery(query<string>("phase"), async () => Promise.resolve("waiting"));
    ctx.onQuery(query<{ item: string }, number>("count"), (input) => {
      expectTypeOf(input).toEqualTypeOf<{ item: string }>();
      return 5;
    });
    // @ts-expect-error -- the answer has another type
    ctx.onQuery(query<string>("phase"), () => 5);
    // @ts-expect-error -- the input has another type
    ctx.onQuery(query<{ item: string }, number>("count"), (input: { item: number }) => input.item);
    yield* ctx.sleep(1);
  });
});

test("ctx.waitUntil takes a function that answers true or false at once", () => {
  shop.execute(async function* (ctx) {
    expectTypeOf(yield* ctx.waitUntil(() => true, { timeout: "1h" })).toEqualTypeOf<undefined>();
    expectTypeOf(yield* ctx.waitUntil(ctx.allHandlersFinished)).toEqualTypeOf<undefined>();
    // @ts-expect-error -- a promise is always true
    yield* ctx.waitUntil(async () => Promise.resolve(false));
    // @ts-expect-error -- not called yet
    yield* ctx.waitUntil(true);
  });
});

test("the payload of a signal is inferred in its handler", () => {
  shop.execute(async function* (ctx) {
    const seen: boolean[] = [];
    ctx.onSignal(approve, (payload) => seen.push(payload.approved));
    ctx.onSignal("approve", function* (payload) {
      expectTypeOf(payload).toEqualTypeOf<{ approved: boolean }>();
      yield* ctx.sleep(1);
    });
    ctx.onSignal("another", async function* (payload) {
      expectTypeOf(payload).toEqualTypeOf<unknown>();
      yield* ctx.sleep(1);
    });
    // @ts-expect-error -- the payload has another type
    ctx.onSignal(approve, (payload: number) => seen.push(payload > 1));
    yield* ctx.sleep(1);
  });
});

test("a version is a number, a patch true or false", () => {
  shop.execute(async function* (ctx) {
    expectTypeOf(ctx.patched("fees")).toEqualTypeOf<boolean>();
    expectTypeOf(ctx.getVersion("fees", 0, 2)).toEqualTypeOf<number>();
    yield* ctx.sleep(1);
  });
});

test("a helper generator that takes any context can be called with a typed one", () => {
  shop.execute(async function* (ctx) {
    expectTypeOf(yield* countdown(ctx, 3)).toEqualTypeOf<number>();
    expectTypeOf(yield* waitTwice(ctx)).toEqualTypeOf<boolean>();
  });
});

test("what is loaded has the type of what was offloaded", () => {
  shop.execute(async function* (ctx) {
    const reference = yield* ctx.offload({ lines: ["a"] });
    expectTypeOf(reference).toEqualTypeOf<OffloadedValue<{ lines: string[] }>>();
    expectTypeOf(yield* ctx.load(reference)).toEqualTypeOf<{ lines: string[] }>();
    // @ts-expect-error -- the value itself is no reference
    ctx.load({ lines: ["a"] });
    // @ts-expect-error -- a reference to something else
    const wrong: OffloadedValue<number> = reference;
    return wrong;
  });
});

test("an operation is what its result says", () => {
  shop.execute(async function* (ctx) {
    expectTypeOf(ctx.run(ping)).toEqualTypeOf<Operation<number>>();
    yield* ctx.sleep(1);
  });
});

function* countdown(ctx: WorkflowContext, from: number) {
  for (let left = from; left > 0; left--) yield* ctx.sleep("1s");
  return from;
}

async function* waitTwice(ctx: WorkflowContext) {
  const first = yield* ctx.waitForSignal(approve);
  const second = yield* ctx.waitForSignal(approve);
  return first.approved && second.approved;
}
