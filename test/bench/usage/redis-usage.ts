import type { Redis } from "ioredis";

/** What a Redis server has used since its start. */
export interface RedisUsage {
  /** All threads of the server, its helpers for the append-only file included. */
  readonly cpuMs: number;
  /** Every command that ran, those that scripts called included. */
  readonly commands: number;
  /** Calls of scripts and functions by clients. */
  readonly scriptCalls: number;
  /** Calls by command. */
  readonly callsByCommand: ReadonlyMap<string, number>;
}

const SCRIPT_COMMANDS = ["eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro"];

export async function readRedisUsage(redis: Redis): Promise<RedisUsage> {
  const info = await redis.info("all");
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1] ?? Number.NaN);
  const callsByCommand = new Map<string, number>();
  for (const [, command = "", calls] of info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
    callsByCommand.set(command, Number(calls));
  }
  return {
    cpuMs: (field("used_cpu_user") + field("used_cpu_sys")) * 1_000,
    commands: field("total_commands_processed"),
    scriptCalls: SCRIPT_COMMANDS.reduce((sum, command) => sum + (callsByCommand.get(command) ?? 0), 0),
    callsByCommand,
  };
}
