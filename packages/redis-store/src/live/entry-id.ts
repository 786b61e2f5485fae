/** Order of two ids of one stream, `<ms>-<number>`: negative when the left one is older. */
export function compareEntryIds(left: string, right: string): number {
  const [leftMs = 0, leftNumber = 0] = left.split("-").map(Number);
  const [rightMs = 0, rightNumber = 0] = right.split("-").map(Number);
  return leftMs - rightMs || leftNumber - rightNumber;
}
