import { waitFor } from "@heddle/testkit";
import { activity, workflow, type ActivityContext, type RunOptions } from "heddle";
import { openEngine } from "./open-engine.js";

/** An activity that waits to be settled from outside, and a workflow that tells how it ended. */
export async function openAsking(namespace: string) {
  const attempts: ActivityContext[] = [];
  const ask = activity<string, unknown>({
    name: "ask",
    asyncComplete: true,
    retry: { initialBackoff: 20 },
    execute: (_question, context) => void attempts.push(context),
  });
  const asking = workflow({ name: "asking" }).execute(async function* (ctx, options: RunOptions) {
    try {
      return { answer: yield* ctx.run(ask, "may I?", { reference: "approval", ...options }) };
    } catch (error) {
      const { name, cause } = error as Error & { cause?: Error };
      return { error: name, cause: cause?.name };
    }
  });
  const engine = await openEngine({ namespace, workflows: [asking], activities: [ask] });
  /** Token of an attempt whose code has run. */
  const tokenOf = async (number: number): Promise<string> => {
    const context = await waitFor(() => attempts[number - 1], { description: `attempt ${number} has run` });
    return context.taskToken;
  };
  return { engine, tokenOf, start: (options: RunOptions = {}) => engine.start("asking", options) };
}
