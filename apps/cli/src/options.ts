import { HeddleClient } from "@heddle/client";
import { durationMs, InvalidArgumentError } from "@heddle/protocol";
import { type Command, InvalidArgumentError as BadOption, Option } from "commander";

/** Options of every command. */
export interface CommonOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly output: "table" | "json";
}

const DEFAULT_URL = "http://127.0.0.1:8080";

export function addCommonOptions(program: Command): void {
  program
    .addOption(new Option("--url <url>", "where the gateway is").env("HEDDLE_URL").default(DEFAULT_URL))
    .addOption(
      new Option("--api-key <key>", "API key or token; in the environment no process list shows it").env(
        "HEDDLE_API_KEY",
      ),
    )
    .addOption(
      new Option("-o, --output <format>", "for people or for scripts")
        .choices(["table", "json"])
        .default("table"),
    );
}

export function commonOptions(command: Command): CommonOptions {
  return command.optsWithGlobals<CommonOptions>();
}

export function clientOf(command: Command): HeddleClient {
  const { url, apiKey } = commonOptions(command);
  return new HeddleClient({ url, ...(apiKey === undefined ? {} : { apiKey }) });
}

export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new BadOption("It must be a whole number.");
}

/** Adds to what was given before: `--status running --status pending`, or `--status running,pending`. */
export function repeated(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...text.split(",")];
}

/** The same for values that may hold commas. */
export function each(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** ISO 8601 with a zone, or epoch milliseconds: what a machine's own zone would decide is refused. */
export function time(text: string): Date {
  const date = new Date(/^\d{1,15}$/.test(text) ? Number(text) : ZONED.test(text) ? text : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new BadOption("It must be a time with a zone, such as 2030-01-31T09:00:00Z, or epoch milliseconds.");
}

export function duration(text: string): number {
  try {
    // A bare number is milliseconds, as everywhere.
    return durationMs(/^\d+$/.test(text) ? Number(text) : text);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new BadOption(error.message);
    throw error;
  }
}

/** A signal that aborts when the time of `--timeout` has passed. */
export function endsAfter(timeoutMs: number | undefined): { signal?: AbortSignal } {
  return timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) };
}
