import Table from "cli-table3";
import type { Command } from "commander";
import { commonOptions } from "./options.js";

/** What a command prints: the same facts as JSON for scripts, and as text for people. */
export interface Printed {
  readonly json: unknown;
  readonly text: string;
}

export function print(command: Command, { json, text }: Printed): void {
  const { output } = commonOptions(command);
  process.stdout.write(`${output === "json" ? asJson(json) : text}\n`);
}

/** One line of an output without an end; what has no JSON is for people alone. */
export function printLine(command: Command, { json, text }: { json?: unknown; text: string }): void {
  const isForScripts = commonOptions(command).output === "json";
  if (isForScripts && json === undefined) return;
  process.stdout.write(`${isForScripts ? JSON.stringify(json) : text}\n`);
}

/** One line for scripts when it is piped, indented for eyes. */
function asJson(value: unknown): string {
  return JSON.stringify(value ?? null, undefined, process.stdout.isTTY ? 2 : undefined);
}

/** A value of a workflow, for people. */
export function shownValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null, undefined, 2);
}

const NO_BORDERS = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "" },
  ...{ "bottom-left": "", "bottom-right": "", left: "", "left-mid": "", mid: "", "mid-mid": "" },
  ...{ right: "", "right-mid": "", middle: "  " },
};

/** Columns without lines, so that they can be cut and searched. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = new Table({
    head: [...head],
    chars: NO_BORDERS,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  lines.push(...rows.map((row) => [...row]));
  return trimmed(lines.toString());
}

/** One fact a line; what is undefined is left out. */
export function facts(
  entries: readonly (readonly [name: string, value: string | number | undefined])[],
): string {
  const known = entries.filter(([, value]) => value !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${String(value)}`).join("\n");
}

export function shownTime(time: Date | number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

function trimmed(text: string): string {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
