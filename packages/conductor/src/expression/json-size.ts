/** About the length of a JSON value as text; undefined, without looking further, once it is past `limit`. */
export function sizeWithin(value: unknown, limit: number): number | undefined {
  let size = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const part = rest.pop();
    size += 2;
    if (typeof part === "string") size += part.length;
    else if (Array.isArray(part)) {
      // Before its elements are put on the list: each takes something.
      if (size + part.length > limit) return undefined;
      for (const element of part) rest.push(element);
    } else if (typeof part === "object" && part !== null) {
      for (const [key, child] of Object.entries(part)) {
        size += key.length + 3;
        rest.push(child);
      }
    }
    if (size > limit) return undefined;
  }
  return size;
}
