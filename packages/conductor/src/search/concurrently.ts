/** Answers of many calls, in the order of the items, a few under way at a time. */
export async function concurrently<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
  concurrency = 32,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const rest = items.entries();
  const take = async () => {
    for (const [index, item] of rest) answers[index] = await ask(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, take));
  return answers;
}
