import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { spawnTethered, stopTethered, type ProcessExit } from "@heddle/embedded-redis";
import { ConfigurationError } from "@heddle/protocol";
import { entryOf } from "./service-commands.js";

const READY_WITHIN_MS = 60_000;
/** Of the levels that the logs have as numbers. */
const WARN = 40;

export interface DevProcess {
  readonly app: string;
  /** The log line that said so. */
  readonly readyLine: string;
  readonly exited: Promise<ProcessExit>;
  stop(withinMs: number): Promise<ProcessExit>;
}

/** A service app that ends with this process. Rejects with what it printed last when it ends before it is ready. */
export async function startDevProcess(options: {
  readonly app: string;
  readonly env: Readonly<Record<string, string>>;
  readonly isVerbose: boolean;
}): Promise<DevProcess> {
  const { app, env, isVerbose } = options;
  const tethered = spawnTethered({
    command: process.execPath,
    args: [...process.execArgv, fileURLToPath(entryOf(app))],
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
    graceSeconds: 5,
  });
  const { child, exited } = tethered;
  let lastLine = "";
  const ready = new Promise<string>((resolve) => {
    const take = (line: string): void => {
      lastLine = line;
      if (isVerbose || isWorthTelling(line)) process.stderr.write(`${app}  ${line}\n`);
      if (line.includes(`"msg":"${app} ready"`)) resolve(line);
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface(stream).on("line", take);
    }
  });
  const timeout = AbortSignal.timeout(READY_WITHIN_MS);
  const readyLine = await Promise.race([
    ready,
    once(child, "close").then(() => undefined),
    once(timeout, "abort").then(() => undefined),
  ]);
  if (readyLine === undefined) {
    child.kill("SIGKILL");
    throw new ConfigurationError(`the ${app} did not become ready: ${lastLine}`);
  }
  return { app, readyLine, exited, stop: (withinMs) => stopTethered(tethered, withinMs) };
}

/** Log lines of warnings and worse, and what is no log line at all. */
function isWorthTelling(line: string): boolean {
  const level = /^\{"level":(\d+)/.exec(line)?.[1];
  return level === undefined ? !line.startsWith("{") : Number(level) >= WARN;
}
