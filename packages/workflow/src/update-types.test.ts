import { expectTypeOf, test } from "vitest";
import { update, type UpdateHandle } from "./update.js";
import { workflow } from "./workflow.js";

const pay = update<{ cents: number }, string>("pay");
const balance = update<number>("balance");

// The generators of this file are never run: what is tested is that they compile, or do not.

test("an update carries the types of its input and result", () => {
  expectTypeOf(pay).toEqualTypeOf<UpdateHandle<{ cents: number }, string>>();
  expectTypeOf(balance).toEqualTypeOf<UpdateHandle<void, number>>();
});

test("its handler takes the input and gives the result, at once or as a generator", () => {
  workflow({ name: "account" })
    .updates({ pay, balance })
    .execute(async function* (ctx) {
      ctx.onUpdate(balance, () => 5);
      ctx.onUpdate(pay, ({ cents }) => `paid ${cents}`);
      ctx.onUpdate(pay, async function* (order) {
        expectTypeOf(order).toEqualTypeOf<{ cents: number }>();
        yield* ctx.sleep("1s");
        return "paid";
      });
      ctx.onUpdate(pay, () => "paid", {
        validate: (order) => expectTypeOf(order).toEqualTypeOf<{ cents: number }>(),
      });
      // @ts-expect-error -- the result is a string
      ctx.onUpdate(pay, () => 5);
      // @ts-expect-error -- the input has no such field
      ctx.onUpdate(pay, ({ euros }) => `paid ${String(euros)}`);
      // @ts-expect-error -- an async function cannot be replayed
      ctx.onUpdate(pay, async () => Promise.resolve("paid"));
      yield* ctx.waitForSignal("close");
    });
});
