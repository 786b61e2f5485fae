import { Redis } from "ioredis";
import { spawnBenchProcess } from "../bench-process.js";
import type { Contender } from "../contender.js";
import { ResultListener } from "./result-listener.js";
import { ScriptBatch } from "./script-batch.js";
import { CLOSED_CHANNEL, headerKey, INBOX, INDEX } from "./split-floor-keys.js";

const DATA = "x".repeat(60);
const OPENED_AT_ONCE = 500;

export interface SplitFloorOptions {
  readonly url: string;
  /** What the client does: start a workflow of three steps (4 Lua calls), or signal an open one (3). */
  readonly kind: "start" | "signal";
}

/** The calls that the system cannot do without, in the system's processes: the client accepts, an owner commits. */
export async function splitFloor({ url, kind }: SplitFloorOptions): Promise<Contender> {
  const owner = await spawnBenchProcess({
    role: "owner",
    entry: new URL("./split-floor-owner.ts", import.meta.url),
    env: { REDIS_URL: url },
  });
  const scripts = await ScriptBatch.open(url, ["split-accept"]);
  const results = await ResultListener.open(url, CLOSED_CHANNEL);
  return {
    name: `split floor: ${kind === "start" ? 4 : 3} Lua calls`,
    processes: [owner],
    ...(kind === "signal" ? { prepare: (ids) => openWorkflows(url, ids) } : {}),
    run: async (id) => {
      const closed = results.result(id);
      const reply = await scripts.run(
        "split-accept",
        [headerKey(id), INBOX, INDEX],
        [kind, id, DATA, String(Date.now())],
      );
      if (String(reply) !== "accepted") throw new Error(`${kind} of ${id} was refused: ${String(reply)}`);
      await closed;
    },
    stop: async () => {
      scripts.close();
      results.close();
      await owner.kill();
    },
  };
}

/** Workflows that wait for a signal, as if started earlier. */
async function openWorkflows(url: string, ids: readonly string[]): Promise<void> {
  const client = new Redis(url);
  try {
    for (let at = 0; at < ids.length; at += OPENED_AT_ONCE) {
      const pipeline = client.pipeline();
      for (const id of ids.slice(at, at + OPENED_AT_ONCE)) {
        pipeline.hset(headerKey(id), { runId: id, status: "running", updatedAtMs: Date.now() });
        pipeline.zadd(INDEX, Date.now(), id);
      }
      await pipeline.exec();
    }
  } finally {
    client.disconnect();
  }
}
