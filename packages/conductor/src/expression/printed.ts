/** A value inside a text: texts as they are, everything else as JSON. Never throws. */
export function printed(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    // Undefined for what JSON has no text for.
    return JSON.stringify(value) ?? "null";
  } catch {
    // A BigInt, or nested too deeply for the stack.
    return "null";
  }
}
