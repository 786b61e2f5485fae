import { expectTypeOf, test } from "vitest";
import type { ChildHandle } from "./child.js";
import type { WorkflowContext } from "./context.js";
import { signal } from "./signal.js";
import { workflow } from "./workflow.js";

const order = workflow({ name: "order" }).execute(async function* (ctx, input: { amount: number }) {
  yield* ctx.sleep(1);
  return `order of ${input.amount}`;
});
const plain = workflow({ name: "plain" }).execute(function* () {
  return 1;
});
const optional = workflow({ name: "optional" }).execute(function* (_ctx, input?: string) {
  return input;
});
const paid = signal<{ cents: number }>("paid");
const poke = signal<undefined>("poke");

// Only compiled: there is no run to execute it.
export function* code(ctx: WorkflowContext) {
  const child = yield* ctx.startChild(order, { amount: 1 }, { id: "o", parentClosePolicy: "abandon" });
  expectTypeOf(child).toEqualTypeOf<ChildHandle<string>>();
  expectTypeOf(yield* child.result()).toEqualTypeOf<string>();
  expectTypeOf(yield* ctx.runChild(order, { amount: 1 })).toEqualTypeOf<string>();
  expectTypeOf(yield* ctx.runChild(plain)).toEqualTypeOf<number>();
  expectTypeOf(yield* ctx.runChild(plain, undefined, { runTimeout: "1m" })).toEqualTypeOf<number>();
  expectTypeOf(yield* ctx.runChild(optional)).toEqualTypeOf<string | undefined>();
  // A name says nothing of input and output.
  expectTypeOf(yield* ctx.runChild("order", 7)).toEqualTypeOf<unknown>();
  expectTypeOf(yield* ctx.startChild("order")).toEqualTypeOf<ChildHandle>();

  // @ts-expect-error the input is declared
  ctx.runChild(order);
  // @ts-expect-error of another type
  ctx.startChild(order, { amount: "1" });
  // @ts-expect-error there is no such policy
  ctx.startChild(order, { amount: 1 }, { parentClosePolicy: "ignore" });
  // @ts-expect-error a child is a run of its own
  ctx.startChild(order, { amount: 1 }, { idConflict: "use-existing" });

  yield* child.signal(paid, { cents: 1 });
  yield* child.signal(poke);
  yield* child.signal("anything", 1);
  // @ts-expect-error of another type
  child.signal(paid, 1);
  yield* ctx.signalWorkflow("w", paid, { cents: 1 }, { signalId: "s" });
  yield* ctx.signalWorkflow("w", poke);
  yield* ctx.signalWorkflow("w", "anything");
  // @ts-expect-error the payload is declared
  ctx.signalWorkflow("w", paid);

  const { outcome } = yield* ctx.startOrSignal("order", { amount: 1 }, { name: paid.name }, { id: "o" });
  expectTypeOf(outcome).toEqualTypeOf<"started" | "signalled" | "duplicate">();
  expectTypeOf(ctx.parent).toEqualTypeOf<
    { readonly workflowId: string; readonly runId: string } | undefined
  >();
}

test("a child has the input and output of its definition", () => {
  expectTypeOf(code).parameter(0).toEqualTypeOf<WorkflowContext>();
});
