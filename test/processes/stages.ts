// A workflow that says of itself how far it is: one stage per signal, and the last together with its end.
import { signal, workflow } from "heddle";

export const nextStage = signal<number>("next-stage");

export const stages = workflow({ name: "stages" })
  .searchAttributes({ stage: "number" })
  .execute(async function* (ctx, input: { last: number }) {
    for (let stage = 0; stage < input.last;) {
      yield* ctx.waitForSignal(nextStage);
      ctx.setAttribute("stage", ++stage);
    }
  });
