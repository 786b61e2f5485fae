import type { ClaimedActivity } from "@heddle/core";
import { decodePayload } from "@heddle/protocol";
import type { ActivityContext, AnyActivity } from "@heddle/workflow";

/** How the code of an attempt ended. `abandoned`: it was told to stop and did not. */
export type ExecutionEnd =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly thrown: unknown }
  | { readonly kind: "abandoned" }
  /** The stored input cannot be read; the code did not run. */
  | { readonly kind: "unreadable"; readonly error: unknown };

/** Runs the code to its end, or until `patienceOver` aborts. Never rejects. */
export async function execute(options: {
  definition: AnyActivity;
  claimed: ClaimedActivity;
  context: ActivityContext;
  patienceOver: AbortSignal;
}): Promise<ExecutionEnd> {
  const { definition, claimed, context, patienceOver } = options;
  let input: unknown;
  try {
    input = decodePayload(claimed.input);
  } catch (error) {
    return { kind: "unreadable", error };
  }
  return new Promise((resolve) => {
    const abandon = () => resolve({ kind: "abandoned" });
    patienceOver.addEventListener("abort", abandon, { once: true });
    void run(definition, input, context)
      .then(resolve)
      .finally(() => patienceOver.removeEventListener("abort", abandon));
  });
}

async function run(definition: AnyActivity, input: unknown, context: ActivityContext): Promise<ExecutionEnd> {
  try {
    const value: unknown = await definition.execute(input, context);
    return { kind: "returned", value };
  } catch (thrown) {
    return { kind: "threw", thrown };
  }
}
