import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ConfigurationError, type RedisConnectionOptions } from "@heddle/protocol";
import type { RedisClient } from "../connection.js";
import { definedScripts, type Script } from "../script.js";
import type { SentScript } from "../script-runner.js";

/** The time by which processes live, whatever that of the workflows is. */
const BY_THE_SERVERS_CLOCK = new Set(["acquire-lease", "renew-lease", "announce-coordinator"]);
const virtualRedis = readFileSync(new URL("./virtual-redis.lua", import.meta.url), "utf8");

/** The clock in the key; begins at `startAtMs`, or now, unless the namespace has one already. */
export class VirtualClock {
  private ms = 0;
  private readonly variants = new Map<string, SentScript>();

  private constructor(private readonly key: string) {}

  static async open(client: RedisClient, key: string, startAtMs?: number): Promise<VirtualClock> {
    const [seconds] = await client.time();
    await client.set(key, Math.ceil(startAtMs ?? Number(seconds) * 1_000), "NX");
    const clock = new VirtualClock(key);
    await clock.synchroniseAgain(client);
    // No call is sent twice, then, so calls are answered in the order in which they were made.
    await Promise.all(definedScripts.map((script) => client.script("LOAD", clock.variantOf(script).body)));
    return clock;
  }

  nowMs(): number {
    return this.ms;
  }

  async synchroniseAgain(client: RedisClient): Promise<void> {
    this.ms = Math.max(this.ms, Number(await client.get(this.key)));
  }

  /** The production text of a script behind a `redis` whose time is this clock's. */
  readonly variantOf = (script: Script<unknown>): SentScript => {
    if (BY_THE_SERVERS_CLOCK.has(script.name)) return script;
    let variant = this.variants.get(script.name);
    if (variant === undefined) {
      const [shebang, ...rest] = script.body.split("\n");
      const body = [shebang, `local CLOCK = ${JSON.stringify(this.key)}`, virtualRedis, ...rest].join("\n");
      variant = { body, sha: createHash("sha1").update(body).digest("hex") };
      this.variants.set(script.name, variant);
    }
    return variant;
  };

  /** The key was moved. */
  noteMoved(nowMs: number): void {
    this.ms = nowMs;
  }
}

/** Opens the clock of a namespace that has one. Throws `ConfigurationError` for a cluster. */
export async function openVirtualClock(
  client: RedisClient,
  key: string,
  options: {
    readonly connection: RedisConnectionOptions;
    readonly virtualTime?: { readonly startAtMs?: number | undefined } | undefined;
  },
): Promise<VirtualClock | undefined> {
  if (options.virtualTime === undefined) return undefined;
  if ("cluster" in options.connection) {
    throw new ConfigurationError(
      "virtual time takes a server of its own: no key of a cluster can be read by all scripts",
    );
  }
  return VirtualClock.open(client, key, options.virtualTime.startAtMs);
}
