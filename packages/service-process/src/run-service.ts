import { inspect } from "node:util";
import { HeddleError } from "@heddle/protocol";
import { createLogger, type Logger } from "@heddle/telemetry";
import closeWithGrace from "close-with-grace";
import type { CommonConfiguration } from "./common-configuration.js";
import type { Environment } from "./read-environment.js";

export interface ServiceLife {
  readonly log: Logger;
  /** Run when the process ends or fails to start, the last one given first; what was opened is closed in reverse. */
  readonly beforeExit: (end: () => unknown) => void;
}

export interface Service<Configuration extends CommonConfiguration> {
  /** Names the process in its log and errors: "gateway". */
  readonly name: string;
  configure(environment: Environment): Configuration;
  /** How long everything given to `beforeExit` may take; past it the process ends without ceremony. */
  stopWithinMs(configuration: Configuration): number;
  start(configuration: Configuration, life: ServiceLife): Promise<void>;
}

/**
 * Runs a deployed process from its environment to its end. SIGTERM and SIGINT close it in order and end with code 0.
 * A refused start ends with code 1: in words when an operator can repair it, with a stack otherwise.
 */
export async function runService<Configuration extends CommonConfiguration>(
  service: Service<Configuration>,
): Promise<void> {
  const { name } = service;
  const endings: (() => unknown)[] = [];
  const end = async (): Promise<void> => {
    for (let ending = endings.pop(); ending !== undefined; ending = endings.pop()) await ending();
  };
  try {
    const configuration = service.configure(process.env);
    const log = createLogger({ name, level: configuration.logLevel });
    closeWithGrace(
      {
        delay: service.stopWithinMs(configuration),
        logger: { error: (reason: unknown) => log.error({ reason }, `${name} cut off`) },
      },
      async ({ err, signal }) => {
        if (err !== undefined) log.fatal({ err }, `${name} stops after an error`);
        else log.info({ signal }, `${name} stopping`);
        await end();
        log.info(`${name} stopped`);
      },
    );
    await service.start(configuration, { log, beforeExit: (ending) => endings.push(ending) });
  } catch (error) {
    process.stderr.write(
      `${error instanceof HeddleError ? `heddle ${name}: ${error.message}` : inspect(error)}\n`,
    );
    await end().catch(() => undefined);
    process.exit(1);
  }
}
