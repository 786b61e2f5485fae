// Activities that a worker process runs in tests; what they do shows in the process's output.
import { activity } from "@heddle/workflow";

export const greet = activity({ name: "greet", execute: (name: string) => `Hello ${name}` });

/** Runs until it is told to stop. */
export const wait = activity({
  name: "wait",
  execute: (_input: void, context) => {
    context.log.info("waiting");
    return new Promise<never>((_resolve, reject) => {
      context.signal.addEventListener("abort", () => reject(context.signal.reason as Error));
    });
  },
});
