import { activity, type ActivityContext } from "heddle";

/** An activity that ends when the test lets it go, or when its abort signal tells it to. */
export function gatedActivity(name = "gated") {
  const contexts: ActivityContext[] = [];
  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const definition = activity({
    name,
    execute: async (_input: unknown, context) => {
      contexts.push(context);
      await Promise.race([gate, aborted(context.signal)]);
      return `${name} let go`;
    },
  });
  return { definition, contexts, letGo: () => letGo() };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });
}
