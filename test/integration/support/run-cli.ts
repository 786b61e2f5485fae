import { fileURLToPath } from "node:url";
import { spawnProcess } from "@heddle/testkit";

export const CLI_ENTRY = fileURLToPath(new URL("../../../apps/cli/src/main.ts", import.meta.url));

export interface CliRun {
  readonly code: number | null;
  readonly output: string;
}

/** The command line as a process, to its end. */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<CliRun> {
  const run = await spawnProcess({
    name: `heddle ${args.join(" ")}`,
    entry: CLI_ENTRY,
    args,
    env: { REDIS_URL: undefined, HEDDLE_URL: undefined, HEDDLE_API_KEY: undefined, ...env },
  });
  const { code } = await run.exited;
  return { code, output: run.lines.join("\n") };
}
