/** Each slice is done before the next begins; the calls of one travel to Redis in one pipeline. */
export async function inSlices<Value, Result>(
  values: readonly Value[],
  size: number,
  act: (value: Value, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < values.length; from += size) {
    const slice = values.slice(from, from + size);
    results.push(...(await Promise.all(slice.map((value, index) => act(value, from + index)))));
  }
  return results;
}
