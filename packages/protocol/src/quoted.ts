const MAX_CHARACTERS = 80;

/** A refused value as one short line of a message. Never throws, whatever the value is. */
export function quoted(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, MAX_CHARACTERS));
  try {
    // NaN, Infinity and BigInt have no JSON, and NaN would read "null".
    const show: (value: unknown) => string = typeof value === "object" ? JSON.stringify : String;
    return show(value).slice(0, MAX_CHARACTERS);
  } catch {
    return `a ${typeof value}`;
  }
}
