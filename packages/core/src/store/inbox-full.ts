/** Refused: a run or its partition has too many accepted events that no code has processed. */
export interface InboxFull {
  readonly outcome: "inbox-full";
  readonly scope: "run" | "partition";
  readonly limit: number;
}
