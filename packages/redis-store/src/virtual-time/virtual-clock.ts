import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RedisClient } from "../connection.js";
import { definedScripts, type Script } from "../script.js";

/** The time by which processes live, whatever that of the workflows is. */
const BY_THE_SERVERS_CLOCK = new Set(["acquire-lease", "renew-lease", "announce-coordinator", "move-clock"]);
const virtualRedis = readFileSync(new URL("./virtual-redis.lua", import.meta.url), "utf8");

/** The clock in the key; begins at `startAtMs`, or now, unless the namespace has one already. */
export class VirtualClock {
  private ms = 0;
  private readonly variants = new Map<string, { body: string; sha: string }>();

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
  readonly variantOf = (script: Script<unknown>): { readonly body: string; readonly sha: string } => {
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
