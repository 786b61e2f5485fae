/** Items of a case at a scale: whole, and never fewer than make sense. */
export function itemsAt(scale: number, items: { readonly full: number; readonly least: number }): number {
  return Math.max(items.least, Math.round(items.full * scale));
}

/** The results of several runs of the same work, one after the other. */
export async function repeated<Result>(
  times: number,
  run: (nth: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let nth = 1; nth <= times; nth++) results.push(await run(nth));
  return results;
}
