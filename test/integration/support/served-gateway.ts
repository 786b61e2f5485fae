import { fileURLToPath } from "node:url";
import { randomNamespace, spawnProcess, type SpawnedProcess } from "@heddle/testkit";
import { inject, onTestFinished } from "vitest";

const entry = fileURLToPath(new URL("../../../apps/gateway/src/main.ts", import.meta.url));
const READY = /gateway ready/;

export interface ServedGateway {
  readonly url: string;
  readonly port: number;
  readonly namespace: string;
  readonly process: SpawnedProcess;
}

/** The gateway as it is deployed, on the Redis of the tests; it ends with the test. */
export async function serveGateway(
  options: {
    readonly namespace?: string;
    readonly port?: number;
    /** On top of what every gateway of a test has. */
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<ServedGateway> {
  const { namespace = randomNamespace("served"), port = 0, env = {} } = options;
  const gateway = await spawnProcess({
    name: "gateway",
    entry,
    env: {
      REDIS_URL: inject("redisUrl"),
      HEDDLE_NAMESPACE: namespace,
      HEDDLE_PORT: String(port),
      HEDDLE_DEV: "1",
      ...env,
    },
    readyWhen: READY,
  });
  onTestFinished(async () => {
    await gateway.kill();
  });
  const { url } = JSON.parse(await gateway.waitForLine(READY)) as { url: string };
  return { url, port: Number(new URL(url).port), namespace, process: gateway };
}
