// What activities did, in a file that no part of the system under test knows.
import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** One execution of an activity that ended; written before anything of Heddle hears of it. */
export interface Effect {
  readonly workflowId: string;
  readonly runId: string;
  readonly seq: number;
  readonly attempt: number;
  readonly result: string;
  readonly pid: number;
  /** Monotonic over processes of one machine, in ms. */
  readonly atMs: number;
}

/** One short line per write, so lines of several processes never mix and a kill never leaves half of one. */
export function appendLine(file: string, entry: object): void {
  appendFileSync(file, `${JSON.stringify(entry)}\n`);
}

export function readLines<Entry>(file: string): Entry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Entry);
}

export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
