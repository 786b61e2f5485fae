import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Environment } from "./report-environment.js";
import type { BenchSettings, CaseResult } from "./section.js";

/** One run of one section. */
export interface SectionRun extends Environment {
  readonly section: string;
  /** ISO date and time at which the section ended. */
  readonly date: string;
  readonly commandLine: string;
  readonly settings: BenchSettings;
}

/** A line of the archive: a case that can be understood alone. */
export interface ArchivedCase {
  readonly run: SectionRun;
  readonly result: CaseResult;
}

/** Keeps the last results of each section, so that sections may be run one after the other. One JSON line per case. */
export class ReportArchive {
  constructor(private readonly file: URL) {}

  read(): ArchivedCase[] {
    if (!existsSync(this.file)) return [];
    return readFileSync(this.file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as ArchivedCase);
  }

  /** Takes the place of what the same section had at the same durability. */
  replace(run: SectionRun, results: readonly CaseResult[]): void {
    const others = this.read().filter(
      (line) => line.run.section !== run.section || line.run.settings.durability !== run.settings.durability,
    );
    const lines = [...others, ...results.map((result): ArchivedCase => ({ run, result }))];
    writeFileSync(this.file, lines.map((line) => `${jsonLine(line)}\n`).join(""));
  }
}

/** Numbers with four significant digits at least: more is noise. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "number" || Number.isInteger(inner)) return inner;
    return Math.abs(inner) >= 1_000 ? Math.round(inner) : Number(inner.toPrecision(4));
  });
}
