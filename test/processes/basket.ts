// A workflow that goes on as a new run after every few updates; its result is what they brought, in order.
import { update, workflow } from "heddle";

/** Answers with the place of the number among all. */
export const put = update<number, number>("put");

export interface BasketInput {
  readonly wanted: number;
  readonly perRun: number;
  readonly soFar: readonly number[];
}

export const basket = workflow({ name: "basket" }).execute(async function* (ctx, input: BasketInput) {
  const seen = [...input.soFar];
  ctx.onUpdate(put, (number) => seen.push(number));
  const until = Math.min(input.wanted, seen.length + input.perRun);
  yield* ctx.waitUntil(() => seen.length >= until);
  if (seen.length < input.wanted) yield* ctx.continueAsNew({ ...input, soFar: seen });
  return seen;
});
