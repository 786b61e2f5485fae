import { setTimeout as delay } from "node:timers/promises";
import type { RedisFigures, RedisServers } from "./redis-servers.js";

const LOOK_EVERY_MS = 10;

export interface CommandCount {
  readonly commands: number;
  readonly seconds: number;
}

/**
 * Commands executed in a window that begins and ends right behind a burst of commands: it holds whole rounds of lease
 * renewals, so that one round more or less makes no difference between the rates of two windows.
 */
export async function countCommands(servers: RedisServers, windowMs: number): Promise<CommandCount> {
  const begin = await burstEnd(servers);
  await delay(windowMs);
  const end = await burstEnd(servers);
  return {
    commands: end.figures.commands - begin.figures.commands,
    seconds: (end.atMs - begin.atMs) / 1_000,
  };
}

export function perSecond({ commands, seconds }: CommandCount): number {
  return commands / seconds;
}

/** Looks until commands came and then no more came between two looks. */
async function burstEnd(servers: RedisServers): Promise<{ figures: RedisFigures; atMs: number }> {
  let figures = await servers.figures();
  for (let isBurst = false; ;) {
    const atMs = performance.now();
    await delay(LOOK_EVERY_MS);
    const next = await servers.figures();
    const hasMoved = next.commands > figures.commands;
    if (isBurst && !hasMoved) return { figures, atMs };
    isBurst ||= hasMoved;
    figures = next;
  }
}
