import { createServer } from "node:http";
import { ConfigurationError } from "@heddle/protocol";
import type { ServiceLife } from "./run-service.js";

export interface Health {
  /** False only when a restart of the process would help; never because Redis is away, or an outage restarts the fleet. */
  readonly isAlive: boolean;
  readonly isReady: boolean;
  readonly details: unknown;
}

/**
 * Serves `/livez` and `/readyz` until the end of the process: 200 or 503, with the details as JSON.
 * Without a port it does nothing. Throws `ConfigurationError` when the port cannot be had.
 */
export async function serveHealth(
  port: number | undefined,
  { beforeExit }: Pick<ServiceLife, "beforeExit">,
  health: () => Health,
): Promise<void> {
  if (port === undefined) return;
  const server = createServer((request, response) => {
    const { isAlive, isReady, details } = health();
    const answers: Record<string, boolean> = { "/livez": isAlive, "/readyz": isReady };
    const path = (request.url ?? "/").split("?", 1).join("");
    const isGood = answers[path];
    response.writeHead(isGood === undefined ? 404 : isGood ? 200 : 503, {
      "content-type": "application/json",
    });
    response.end(JSON.stringify(isGood === undefined ? { paths: Object.keys(answers) } : details));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(portRefused(port, cause)));
    server.listen(port, resolve);
  });
  beforeExit(() => {
    server.close();
    server.closeAllConnections();
  });
}

function portRefused(port: number, cause: Error): ConfigurationError {
  return new ConfigurationError(`HEDDLE_HEALTH_PORT is ${port}, which cannot be had: ${cause.message}`, {
    cause,
    details: { field: "HEDDLE_HEALTH_PORT" },
  });
}
