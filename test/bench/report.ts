import type { Measured } from "./closed-loop.js";

export interface CaseResult extends Measured {
  readonly workload: string;
  readonly system: string;
  readonly n: number;
  readonly inFlight: number;
  readonly durability: string;
  readonly bytesPerParked?: number;
  /** Rate of the baseline of the same run that this is compared with. */
  readonly baselinePerSecond?: number;
}

/** A table for people and a JSON line per case for programs. */
export function printReport(results: readonly CaseResult[]): void {
  console.log(
    ["workload", "system", "in flight", "per second", "p50 ms", "p99 ms", "ratio"]
      .map((text, at) => pad(text, at))
      .join(""),
  );
  for (const result of results) {
    const ratio =
      result.baselinePerSecond === undefined ? "" : (result.perSecond / result.baselinePerSecond).toFixed(2);
    const cells = [
      result.workload,
      result.system,
      String(result.inFlight),
      String(result.perSecond),
      result.p50Ms.toFixed(2),
      result.p99Ms.toFixed(2),
      ratio,
    ];
    console.log(cells.map((text, at) => pad(text, at)).join(""));
  }
  for (const result of results) console.log(JSON.stringify(result));
}

function pad(text: string, column: number): string {
  return column < 2 ? text.padEnd(column === 0 ? 10 : 24) : text.padStart(12);
}
