/** About the length of a JSON value as text; undefined, without looking further, once it is past `limit`. */
export function sizeWithin(value: unknown, limit: number): number | undefined {
  let size = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const part = rest.pop();
    if (typeof part === "string") size += part.length + 2;
    else if (typeof part === "object" && part !== null) {
      size += 2;
      for (const [key, child] of Object.entries(part)) {
        if (!Array.isArray(part)) size += key.length + 3;
        rest.push(child);
        if (size + rest.length > limit) return undefined;
      }
    } else size += 2;
    if (size > limit) return undefined;
  }
  return size;
}
