import type { Logger } from "@heddle/telemetry";
import type { Log } from "@heddle/workflow";

/** The log that activity code gets: lines go to the worker's log with these ids on each. */
export function activityLog(logger: Logger, ids: Readonly<Record<string, unknown>>): Log {
  const child = logger.child(ids);
  return {
    debug: (message, fields) => child.debug(fields ?? {}, message),
    info: (message, fields) => child.info(fields ?? {}, message),
    warn: (message, fields) => child.warn(fields ?? {}, message),
    error: (message, fields) => child.error(fields ?? {}, message),
  };
}
