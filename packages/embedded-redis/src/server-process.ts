import { closeSync, openSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { DataFolderLock } from "./data-folder-lock.js";
import { RedisStartError } from "./errors.js";
import type { LocatedRedis } from "./located-redis.js";
import { probeServer } from "./readiness-probe.js";
import { serverCommand, type ServerSettings } from "./server-command.js";
import { letParentEnd, spawnTethered, stopTethered, type TetheredProcess } from "./tethered-process.js";

const LOG_FILE = "redis.log";
const SILENCE_DEADLINE_MS = 30_000;
// The first start of a container may fetch its image.
const CONTAINER_SILENCE_DEADLINE_MS = 180_000;
// A refusal may come from a stranger on our port; by then our own server has ended with "address already in use".
const REFUSAL_DEADLINE_MS = 2_000;
const STOP_DEADLINE_MS = 5_000;
const ORPHAN_GRACE_SECONDS = 8;

export type LaunchOutcome =
  { readonly outcome: "ready"; readonly server: TetheredProcess } | { readonly outcome: "port_taken" };

/**
 * Starts the server and waits until it answers; reading a large append-only file may take as long as it takes.
 *
 * @throws RedisStartError when it ends, refuses or stays silent; no process is left then
 */
export async function launchServer(
  redis: LocatedRedis,
  settings: ServerSettings,
  lock: DataFolderLock,
): Promise<LaunchOutcome> {
  const logPath = join(settings.dataDir, LOG_FILE);
  const server = spawnServer(redis, settings, logPath);
  try {
    lock.recordServer(server.pid);
    letParentEnd(server.child);
    const failure = await waitUntilReady(redis, settings, server);
    if (failure === undefined) return { outcome: "ready", server };
    await stopTethered(server, STOP_DEADLINE_MS);
    const logged = readFileSync(logPath, "utf8").split("\n").slice(-20).join("\n");
    if (/address already in use|port is already allocated/i.test(logged)) return { outcome: "port_taken" };
    throw new RedisStartError(failure, logged);
  } catch (error) {
    await stopTethered(server, STOP_DEADLINE_MS);
    throw error;
  }
}

function spawnServer(redis: LocatedRedis, settings: ServerSettings, logPath: string): TetheredProcess {
  const { command, args, environment } = serverCommand(redis, settings);
  // A file and not a pipe: a parent too busy to read a pipe would stop the server at its next log line.
  const log = openSync(logPath, "w");
  try {
    return spawnTethered({
      command,
      args,
      env: { ...process.env, ...environment },
      stdout: log,
      stderr: log,
      graceSeconds: ORPHAN_GRACE_SECONDS,
    });
  } finally {
    closeSync(log);
  }
}

/** Undefined when the server answered, else what went wrong. */
async function waitUntilReady(
  redis: LocatedRedis,
  { port, dataDir }: ServerSettings,
  server: TetheredProcess,
): Promise<string | undefined> {
  const silenceMs = redis.kind === "container" ? CONTAINER_SILENCE_DEADLINE_MS : SILENCE_DEADLINE_MS;
  let deadline = Date.now() + silenceMs;
  let refusal: string | undefined;
  while (Date.now() < deadline) {
    const answer = await probeServer(port, 1_000);
    const { exitCode, signalCode } = server.child;
    if (exitCode !== null || signalCode !== null) return `it ended with ${signalCode ?? `code ${exitCode}`}`;
    if (answer.state === "refused" && refusal === undefined) {
      refusal = `it answered ${answer.reply}`;
      deadline = Date.now() + REFUSAL_DEADLINE_MS;
    }
    if (answer.state === "loading") deadline = Date.now() + silenceMs;
    if (answer.state === "ready") {
      // A stranger answers on this port: our server is about to end with "address already in use".
      if (redis.kind === "container" || answer.workingFolder === realpathSync(dataDir)) return undefined;
    }
    await delay(10);
  }
  return refusal ?? `no answer on port ${port} for ${silenceMs} ms`;
}
