import type { ClaimedActivity, StopSignal } from "@heddle/core";
import { decodePayload } from "@heddle/protocol";
import type { ActivityContext, AnyActivity } from "@heddle/workflow";

/** How the code of an attempt ended. `abandoned`: it was told to stop and did not. */
export type ExecutionEnd =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly thrown: unknown }
  | { readonly kind: "abandoned" }
  /** The stored input cannot be read; the code did not run. */
  | { readonly kind: "unreadable"; readonly error: unknown };

/** Runs the code to its end, or until `patienceOver` is raised. Never rejects. */
export async function execute(options: {
  definition: AnyActivity;
  claimed: ClaimedActivity;
  context: ActivityContext;
  patienceOver: StopSignal;
}): Promise<ExecutionEnd> {
  const { definition, claimed, context, patienceOver } = options;
  let input: unknown;
  try {
    input = decodePayload(claimed.input);
  } catch (error) {
    return { kind: "unreadable", error };
  }
  return new Promise((resolve) => {
    const stopListening = patienceOver.onRaised(() => resolve({ kind: "abandoned" }));
    void run(definition, input, context).then((end) => {
      stopListening();
      resolve(end);
    });
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
