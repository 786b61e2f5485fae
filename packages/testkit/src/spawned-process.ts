import { createInterface } from "node:readline";
import { spawnTethered, stopTethered, type ProcessExit, type TetheredProcess } from "@heddle/embedded-redis";
import { OutputLines, type LinePattern } from "./output-lines.js";

export type { ProcessExit } from "@heddle/embedded-redis";

const DEFAULT_TIMEOUT_MS = 20_000;

export type SpawnProcessOptions = (
  | {
      /** A script for Node; a TypeScript file runs from source. */
      readonly entry: string;
      readonly command?: never;
    }
  | { readonly command: string; readonly entry?: never }
) & {
  /** Names the process in errors. */
  readonly name: string;
  readonly args?: readonly string[];
  /** On top of this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Without it the process counts as ready at once. */
  readonly readyWhen?: LinePattern;
  /** Default: 20 s. */
  readonly readyTimeoutMs?: number;
};

/** A real process under test. It ends with the test process, also when that is killed. */
export interface SpawnedProcess {
  readonly name: string;
  readonly pid: number;
  /** Standard output and error so far, by line, in order of arrival. */
  readonly lines: readonly string[];
  readonly exited: Promise<ProcessExit>;
  /** The first line that matches, also one printed before. Rejects when the process ends without one, or in time. */
  waitForLine(pattern: LinePattern, options?: { readonly timeoutMs?: number }): Promise<string>;
  /** Sends the signal and resolves when the process is gone. Default: SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<ProcessExit>;
  /** SIGTERM. Rejects when the process was killed, by a test before or here for being late (default 20 s). */
  stop(options?: { readonly timeoutMs?: number }): Promise<ProcessExit>;
  /** Halts the whole process, as a long garbage collection or a frozen machine would. */
  pause(): void;
  resume(): void;
}

/** Resolves when the process is ready. */
export async function spawnProcess(options: SpawnProcessOptions): Promise<SpawnedProcess> {
  const { name } = options;
  const tethered = startTethered(options);
  const { child, pid, exited } = tethered;
  const output = new OutputLines(name);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface(stream).on("line", (line) => output.add(line));
  }
  child.once("close", (code, signal) => output.close(`ended with ${signal ?? `code ${String(code)}`}`));

  const spawned: SpawnedProcess = {
    name,
    pid,
    lines: output.lines,
    exited,
    waitForLine: (pattern, { timeoutMs = DEFAULT_TIMEOUT_MS } = {}) => output.waitFor(pattern, timeoutMs),
    kill(signal = "SIGKILL") {
      child.kill(signal);
      return exited;
    },
    async stop({ timeoutMs = DEFAULT_TIMEOUT_MS } = {}) {
      const exit = await stopTethered(tethered, timeoutMs);
      if (exit.signal !== "SIGKILL") return exit;
      throw new Error(`${name} was killed, at the latest ${timeoutMs} ms after SIGTERM\n${output.tail()}`);
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
  if (options.readyWhen !== undefined) {
    try {
      await output.waitFor(options.readyWhen, options.readyTimeoutMs ?? DEFAULT_TIMEOUT_MS);
    } catch (error) {
      await spawned.kill();
      throw error;
    }
  }
  return spawned;
}

function startTethered(options: SpawnProcessOptions): TetheredProcess {
  const fromSource = ["--conditions=source", "--import", "tsx"];
  const { command, args } =
    options.entry === undefined
      ? { command: options.command, args: [] }
      : {
          command: process.execPath,
          args: [...(options.entry.endsWith(".ts") ? fromSource : []), options.entry],
        };
  return spawnTethered({
    command,
    args: [...args, ...(options.args ?? [])],
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdout: "pipe",
    stderr: "pipe",
    graceSeconds: 0,
  });
}
