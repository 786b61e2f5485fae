import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { relative } from "node:path";
import { createInterface } from "node:readline";
import { spawnTethered, stopTethered, type ProcessExit } from "@heddle/embedded-redis";

const KEPT_LINES = 15;
const READY_WITHIN_MS = 30_000;

export interface ProcessOptions {
  readonly name: string;
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Message of the log line that says that the process serves. */
  readonly readyMessage: string;
  /** Between SIGTERM and SIGKILL when this process is gone without a word; 0 means SIGKILL at once. */
  readonly graceSeconds: number;
}

/** A process of the demo. It ends with this one, however this one ends. */
export interface LoggedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly lastLines: readonly string[];
  readonly exited: Promise<ProcessExit>;
  kill(): Promise<ProcessExit>;
  /** SIGTERM; SIGKILL after the deadline. */
  stop(deadlineMs: number): Promise<ProcessExit>;
}

/** Starts a built app with a log file of its own. Rejects with its last lines when it ends before it is ready. */
export async function startLoggedProcess(options: ProcessOptions): Promise<LoggedProcess> {
  const { name, logFile } = options;
  const tethered = spawnTethered({
    command: process.execPath,
    // As in the Dockerfile.
    args: ["--max-semi-space-size=64", options.entry],
    env: { ...withoutHeddleVariables(process.env), ...options.env },
    stdout: "pipe",
    stderr: "pipe",
    graceSeconds: options.graceSeconds,
  });
  const { child, exited } = tethered;
  const log = createWriteStream(logFile, { flags: "a" });
  const lastLines: string[] = [];
  const ready = new Promise<void>((resolve) => {
    const take = (line: string): void => {
      log.write(`${line}\n`);
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      if (line.includes(`"msg":"${options.readyMessage}"`)) resolve();
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface(stream).on("line", take);
    }
  });
  child.once("close", () => log.end());

  const timeout = AbortSignal.timeout(READY_WITHIN_MS);
  const problem = await Promise.race([
    ready.then(() => undefined),
    once(child, "close").then(() => "ended before it was ready" as const),
    once(timeout, "abort").then(() => `was not ready within ${READY_WITHIN_MS / 1_000} s` as const),
  ]);
  if (problem !== undefined) {
    child.kill("SIGKILL");
    const told = lastLines.map((line) => `    ${line}`).join("\n");
    throw new Error(`${name} ${problem}; the end of ${relative(process.cwd(), logFile)}:\n${told}`);
  }
  return {
    name,
    pid: tethered.pid,
    logFile,
    lastLines,
    exited,
    kill: () => {
      child.kill("SIGKILL");
      return exited;
    },
    stop: (deadlineMs) => stopTethered(tethered, deadlineMs),
  };
}

/** What the caller's shell has set for its own Heddle must not reach the processes of the demo. */
function withoutHeddleVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("HEDDLE_")));
}
