// A child process that ends with its parent, however the parent ends: also by SIGKILL, by a crash, or with its whole
// process group. Only the kernel is reliable then, and what it does is close the parent's end of a pipe.
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { Socket } from "node:net";

// The guard starts first and the command then replaces the shell (exec), so the command is the direct child under the
// pid that spawn returned, and at no moment does it run unguarded. `read` answers only at the end of the parent (end of
// file: end the command) or when the parent has seen the command end (a line: the pid may belong to someone else now).
const GUARD = `
exec 3<&0 </dev/null
(
  trap '' HUP INT TERM
  if read -r released <&3; then exit 0; fi
  waited=0
  if [ "$HEDDLE_TETHER_GRACE" -gt 0 ]; then kill -TERM $$; fi
  while [ "$waited" -lt "$HEDDLE_TETHER_GRACE" ] && kill -0 $$; do sleep 1; waited=$((waited + 1)); done
  kill -KILL $$
) >/dev/null 2>&1 &
exec 3<&-
unset HEDDLE_TETHER_GRACE
exec "$@"
`;

export interface TetheredOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  /** As in `spawn`: "pipe", "ignore", "inherit" or a file descriptor. */
  readonly stdout: "pipe" | "ignore" | "inherit" | number;
  readonly stderr: "pipe" | "ignore" | "inherit" | number;
  /** Between SIGTERM and SIGKILL when the parent is gone; 0 means SIGKILL at once. */
  readonly graceSeconds: number;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface TetheredProcess {
  readonly child: ChildProcess;
  /** The id of the command itself. */
  readonly pid: number;
  /** Never rejects; a command that does not exist ends with code 127. */
  readonly exited: Promise<ProcessExit>;
}

/**
 * Starts a command in a session of its own, so that Ctrl-C in the terminal reaches the parent alone and the parent decides
 * the order of the shutdown. Its standard input is empty. On Windows a killed parent leaves the child running.
 */
export function spawnTethered(options: TetheredOptions): TetheredProcess {
  const isWindows = process.platform === "win32";
  const stdio: StdioOptions = [isWindows ? "ignore" : "pipe", options.stdout, options.stderr];
  const settings = options.cwd === undefined ? { stdio } : { stdio, cwd: options.cwd };
  const child = isWindows
    ? spawn(options.command, [...options.args], { ...settings, env: options.env })
    : spawn("/bin/sh", ["-c", GUARD, "sh", options.command, ...options.args], {
        ...settings,
        env: { ...options.env, HEDDLE_TETHER_GRACE: String(options.graceSeconds) },
        detached: true,
      });

  // Without a listener the event would end this process; the missing pid says the same at once.
  child.on("error", () => undefined);
  if (child.pid === undefined) {
    throw new Error(`could not start ${options.command} in ${options.cwd ?? process.cwd()}`);
  }
  const endWithParent = (): void => void child.kill();
  if (isWindows) process.once("exit", endWithParent);

  // A guard that was killed breaks the pipe; there is nobody left to tell.
  child.stdin?.on("error", () => undefined);
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("exit", (code, signal) => {
      child.stdin?.end("released\n");
      process.off("exit", endWithParent);
      resolve({ code, signal });
    });
  });
  return { child, pid: child.pid, exited };
}

/** Lets the parent end by itself although the child still runs; the tether then ends the child. */
export function letParentEnd(child: ChildProcess): void {
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
}

/** SIGTERM, then SIGKILL after the deadline. Resolves when the process is gone. */
export async function stopTethered(tethered: TetheredProcess, deadlineMs: number): Promise<ProcessExit> {
  tethered.child.ref();
  tethered.child.kill("SIGTERM");
  const timer = setTimeout(() => tethered.child.kill("SIGKILL"), deadlineMs);
  try {
    return await tethered.exited;
  } finally {
    clearTimeout(timer);
  }
}
