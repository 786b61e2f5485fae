// The workflow of the schedule kill tests: one activity, and it is purged as soon as it has ended.
import { workflow } from "heddle";
import { act } from "./errand.js";

export const round = workflow({ name: "round", retention: 0 }).execute(async function* (ctx) {
  yield* ctx.run(act, { label: "round", workMs: 5 });
});
