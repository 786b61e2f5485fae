/** Orders ids of stream entries (`ms-sequence`); "0" stands for the beginning. */
export function compareEntryIds(left: string, right: string): number {
  const [leftMs = "0", leftSequence = "0"] = left.split("-");
  const [rightMs = "0", rightSequence = "0"] = right.split("-");
  return Number(leftMs) - Number(rightMs) || Number(leftSequence) - Number(rightSequence);
}
