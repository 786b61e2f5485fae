import type { Logger } from "./logger.js";

type Write = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** The log that authors of workflows and activities know: message first, fields behind. */
export interface MessageFirstLog {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** Lines go to `logger`, with `ids` on each. */
export function messageFirstLog(
  logger: Logger,
  ids: Readonly<Record<string, unknown>> = {},
): MessageFirstLog {
  let bound: Logger | undefined;
  // Made by the first line, because most holders of a log never write one.
  const child = (): Logger => (bound ??= logger.child(ids));
  return {
    debug: (message, fields) => child().debug(fields ?? {}, message),
    info: (message, fields) => child().info(fields ?? {}, message),
    warn: (message, fields) => child().warn(fields ?? {}, message),
    error: (message, fields) => child().error(fields ?? {}, message),
  };
}
