import { randomNamespace } from "@heddle/testkit";
import { Pool } from "undici";
import { spawnBenchProcess } from "../bench-process.js";
import type { Contender } from "../contender.js";
import { runWorkload } from "../run-workload.js";
import type { Section } from "../section.js";
import { halved, type Workload } from "../workloads.js";
import { itemsAt } from "./support/case-sizes.js";

const IN_FLIGHT = 64;
const BASELINE = "bare Fastify route: 1 EVALSHA";
const ADMIN_KEY = "a-key-of-the-benchmark-and-of-nothing-else";

const overHttp: Workload = {
  name: "W3 over HTTP",
  items: 24_000,
  target: { inFlight: IN_FLIGHT, baseline: BASELINE, leastRatio: 0.5 },
  baselines: [
    (url) => serverThat(BASELINE, new URL("../processes/bare-route.ts", import.meta.url), { REDIS_URL: url }),
  ],
  startSystem: (url) =>
    serverThat("heddle", new URL("../processes/gateway.ts", import.meta.url), {
      REDIS_URL: url,
      HEDDLE_NAMESPACE: randomNamespace("bench"),
      HEDDLE_ADMIN_KEY: ADMIN_KEY,
    }),
};

export const gatewaySection: Section = {
  name: "gateway",
  title: "W3 over HTTP: the signal gateway",
  about:
    "Start-or-signal over HTTP, keep-alive, 64 connections: half of the targets do not exist yet, half are open. The gateway is " +
    "as in production: an API key, a rate limit that is never reached, an entry of the audit log for each call, the log written to the " +
    "null device. No coordinator runs, because accepting needs none. The baseline is a Fastify route with the same body, checked by the same zod " +
    "types, that runs one script of seven commands and does nothing else: no credentials, no limits, no audit.",
  async run(settings, progress) {
    const n = itemsAt(settings.scale, { full: overHttp.items, least: 2 * IN_FLIGHT });
    return runWorkload({ workload: overHttp, sizes: [{ n, inFlight: IN_FLIGHT }], settings, progress });
  },
};

/** A process that listens and prints `ready <url>`. */
async function serverThat(
  name: string,
  entry: URL,
  env: Readonly<Record<string, string>>,
): Promise<Contender> {
  const server = await spawnBenchProcess({ role: "gateway", entry, env });
  const ready = await server.waitForLine((line) => line.startsWith("ready "));
  const pool = new Pool(ready.slice("ready ".length), { connections: IN_FLIGHT });
  return {
    name,
    processes: [server],
    run: async (id) => {
      const body = JSON.stringify({
        ...{ type: "collect", id: halved(id), input: "x" },
        signal: { name: "go", payload: 1, signalId: id },
      });
      const { statusCode, body: reply } = await pool.request({
        method: "POST",
        path: "/api/v1/workflows/start-or-signal",
        headers: { "content-type": "application/json", authorization: `Bearer ${ADMIN_KEY}` },
        body,
      });
      const text = await reply.text();
      if (statusCode !== 201 && statusCode !== 202) throw new Error(`${name}: ${statusCode} ${text}`);
    },
    stop: async () => {
      await pool.destroy();
      await server.stop();
    },
  };
}
