import { expectTypeOf, test } from "vitest";
import { activity, type ActivityDefinition } from "./activity.js";
import { query, type QueryHandle } from "./query.js";
import { signal, type SignalHandle } from "./signal.js";
import { workflow, type AnyWorkflow, type InputSchema, type WorkflowDefinition } from "./workflow.js";

test("an activity infers input and output from its code", () => {
  const charge = activity({
    name: "charge",
    execute: (input: { orderId: string }) => Promise.resolve({ paid: input.orderId !== "" }),
  });
  expectTypeOf(charge).toEqualTypeOf<ActivityDefinition<{ orderId: string }, { paid: boolean }>>();
});

test("an activity without parameters takes void", () => {
  const ping = activity({ name: "ping", execute: () => 5 });
  expectTypeOf(ping).toEqualTypeOf<ActivityDefinition<void, number>>();
});

test("an activity that is completed later keeps the result type of its other returns", () => {
  const charge = activity({
    name: "charge",
    execute: (input: number, context) => (input === 0 ? { paid: true } : context.completeLater()),
  });
  expectTypeOf(charge).toEqualTypeOf<ActivityDefinition<number, { paid: boolean }>>();
});

test("an activity that is always completed from outside names its result, and its code gives none", () => {
  const ask = activity<string, { approved: boolean }>({
    name: "ask",
    asyncComplete: true,
    execute: (question, context) => {
      expectTypeOf(question).toEqualTypeOf<string>();
      return context.taskToken.length;
    },
  });
  expectTypeOf(ask).toEqualTypeOf<ActivityDefinition<string, { approved: boolean }>>();
  // @ts-expect-error -- without asyncComplete the code has to give the result
  activity<string, { approved: boolean }>({ name: "ask", execute: () => 5 });
});

test("a workflow infers input and output from its code", () => {
  const order = workflow({ name: "order" }).execute(async function* (ctx, input: { orderId: string }) {
    yield* ctx.sleep("1s");
    return { orderId: input.orderId, done: true };
  });
  expectTypeOf(order).toEqualTypeOf<
    WorkflowDefinition<"order", { orderId: string }, { orderId: string; done: boolean }, Record<never, never>>
  >();
});

test("a workflow without input takes void, and one without a result gives void", () => {
  const tick = workflow({ name: "tick" }).execute(async function* (ctx) {
    yield* ctx.sleep("1s");
  });
  expectTypeOf(tick).toEqualTypeOf<WorkflowDefinition<"tick", void, void, Record<never, never>>>();
});

test("a definition keeps the types of its activities", () => {
  const charge = activity({ name: "charge", execute: (amount: number) => `receipt ${amount}` });
  const order = workflow({ name: "order" })
    .activities({ charge })
    .execute(function* (ctx) {
      yield* ctx.sleep(1);
    });
  expectTypeOf(order.activities.charge).toEqualTypeOf<ActivityDefinition<number, string>>();
});

test("the code may be a sync generator", () => {
  const sync = workflow({ name: "sync" }).execute(function* (ctx, input: number) {
    yield* ctx.sleep(input);
    return `slept ${input}`;
  });
  expectTypeOf(sync).toEqualTypeOf<WorkflowDefinition<"sync", number, string, Record<never, never>>>();
});

test("the code must be a generator", () => {
  // @ts-expect-error -- an async function cannot be replayed
  workflow({ name: "plain" }).execute(async (_ctx, input: number) => Promise.resolve(input));
});

test("workflows of any input and output fit one collection", () => {
  const numbers = workflow({ name: "numbers" }).execute(function* (ctx, input: number) {
    yield* ctx.sleep(input);
    return input;
  });
  const texts = workflow({ name: "texts" }).execute(function* (ctx, input: { text: string }) {
    yield* ctx.sleep(1);
    return input.text;
  });
  const all: AnyWorkflow[] = [numbers, texts];
  expectTypeOf(all).toEqualTypeOf<AnyWorkflow[]>();
});

test("an input schema is any Standard Schema", () => {
  const schema: InputSchema<{ orderId: string }> = {
    "~standard": { version: 1, vendor: "test", validate: () => ({ value: { orderId: "1" } }) },
  };
  workflow({ name: "checked", inputSchema: schema });
  // @ts-expect-error -- not a schema
  workflow({ name: "checked", inputSchema: { parse: () => undefined } });
});

test("a signal carries the type of its payload, and handles of different payloads do not mix", () => {
  const approve = signal<{ approved: boolean }>("approve");
  expectTypeOf(approve).toEqualTypeOf<SignalHandle<{ approved: boolean }>>();
  expectTypeOf(signal("anything")).toEqualTypeOf<SignalHandle<unknown>>();
  // @ts-expect-error -- another payload
  const wrong: SignalHandle<{ amount: number }> = approve;
  expectTypeOf(wrong.name).toEqualTypeOf<string>();
});

test("a query with one type argument has no input, with two it has", () => {
  expectTypeOf(query<string>("phase")).toEqualTypeOf<QueryHandle<void, string>>();
  expectTypeOf(query<{ item: string }, number>("count")).toEqualTypeOf<
    QueryHandle<{ item: string }, number>
  >();
  expectTypeOf(query("anything")).toEqualTypeOf<QueryHandle<void, unknown>>();
});

test("maps of activities and signals take only what they are for", () => {
  // @ts-expect-error -- a function is no activity
  const withActivities = () => workflow({ name: "order" }).activities({ charge: () => 5 });
  // @ts-expect-error -- a name is no signal
  const withSignals = () => workflow({ name: "order" }).signals({ approve: "approve" });
  // @ts-expect-error -- retries are numbers
  const withRetry = () => activity({ name: "charge", execute: () => 1, retry: { maxAttempts: "3" } });
  expectTypeOf([withActivities, withSignals, withRetry]).toBeArray();
});
