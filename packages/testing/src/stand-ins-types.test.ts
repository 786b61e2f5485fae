import { activity, workflow } from "heddle";
import { expectTypeOf, test } from "vitest";
import { crashEverywhere } from "./crash/crash-everywhere.js";
import { TestEnvironment } from "./test-environment.js";

const charge = activity({ name: "charge-card", execute: (order: { amount: number }) => `${order.amount}` });
const paying = workflow({ name: "paying" })
  .activities({ charge })
  .execute(async function* (ctx, amount: number) {
    return yield* ctx.run("charge", { amount });
  });
const plain = workflow({ name: "plain" }).execute(async function* (ctx) {
  yield* ctx.run("anything", 1);
});

/** Only compiled. */
async function typesOfAnEnvironment() {
  const env = await TestEnvironment.create({
    workflows: [paying, plain],
    activities: {
      charge: async (order, context) => {
        expectTypeOf(order).toEqualTypeOf<{ amount: number }>();
        expectTypeOf(context.attempt).toEqualTypeOf<number>();
        return Promise.resolve("receipt");
      },
      // Nobody declares it, so anything goes.
      anything: (input: number) => input,
    },
  });
  const handle = await env.engine.start("paying", 5);
  expectTypeOf(await handle.result()).toEqualTypeOf<string>();
  expectTypeOf(await env.runToCompletion(handle)).toEqualTypeOf<string>();
  // @ts-expect-error -- the workflow takes a number
  await env.engine.start("paying", "5");
}

function refusedStandIns() {
  // @ts-expect-error -- the activity gives a text
  void TestEnvironment.create({ workflows: [paying], activities: { charge: () => 5 } });
  const takesANumber = (amount: number) => `${amount}`;
  // @ts-expect-error -- the activity takes an object
  void TestEnvironment.create({ workflows: { paying }, activities: { charge: takesANumber } });
  // @ts-expect-error -- neither function nor activity
  void TestEnvironment.create({ workflows: [plain], activities: { anything: 5 } });
}

function typesOfACrashTest() {
  void crashEverywhere(paying, 5, { activities: { charge: ({ amount }) => `${amount}` } });
  void crashEverywhere(paying, 5, { activities: () => ({ charge }) });
  void crashEverywhere(plain, undefined);
  // @ts-expect-error -- the workflow takes a number
  void crashEverywhere(paying, "5");
}

test("stand-ins are typed by the activities that workflows declare", () => {
  expectTypeOf(typesOfAnEnvironment).toBeFunction();
  expectTypeOf(refusedStandIns).toBeFunction();
  expectTypeOf(typesOfACrashTest).toBeFunction();
});
