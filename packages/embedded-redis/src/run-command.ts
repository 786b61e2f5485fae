import { execFile } from "node:child_process";

export type CommandOutcome =
  { readonly ok: true; readonly stdout: string } | { readonly ok: false; readonly reason: string };

export interface CommandOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutMs: number;
}

/** Runs a command to its end. A failure, a missing command or a time-out is a value with the last line it printed. */
export function runCommand(
  command: string,
  commandArguments: readonly string[],
  { environment, cwd, timeoutMs }: CommandOptions,
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const settings = {
      env: environment,
      timeout: timeoutMs,
      killSignal: "SIGKILL",
      ...(cwd === undefined ? {} : { cwd }),
    } as const;
    execFile(command, commandArguments, settings, (error, stdout, stderr) => {
      if (error === null) {
        resolve({ ok: true, stdout });
        return;
      }
      const lastLine = stderr.trim().split("\n").at(-1) ?? "";
      resolve({
        ok: false,
        reason: error.killed === true ? `no end after ${timeoutMs} ms` : lastLine || error.message,
      });
    });
  });
}
