/** What the result of a script means as a condition: booleans themselves, numbers when positive, everything else false. */
export function isConditionMet(result: unknown): boolean {
  return result === true || (typeof result === "number" && result > 0);
}
