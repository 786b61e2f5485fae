import { pino, type DestinationStream, type Logger } from "pino";
import { escapeControls } from "./escape-controls.js";
import { hideCredentials, REDACTED, SECRET_PATHS } from "./redaction.js";

export type { Logger };

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  /** Which process or part of it speaks. */
  readonly name: string;
  /** Default `info`. */
  readonly level?: LogLevel;
  /** More paths to hide, in pino's form; the known secret fields are always hidden. */
  readonly redact?: readonly string[];
  /** Where lines go. Default: standard output. */
  readonly destination?: DestinationStream;
}

/**
 * JSON lines with ISO time. A line holds no control character and no other line break, whatever strangers put into an id.
 * Passwords in fields and in URLs, API keys and tokens anywhere in a line are hidden.
 */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      name: options.name,
      level: options.level ?? "info",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...SECRET_PATHS, ...(options.redact ?? [])], censor: REDACTED },
      hooks: { streamWrite: (line) => escapeControls(hideCredentials(line)) },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}
