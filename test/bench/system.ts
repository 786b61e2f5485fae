import { Engine } from "heddle";
import { randomNamespace, spawnProcess, type SpawnedProcess } from "@heddle/testkit";
import { workflows } from "./definitions.js";

/** The measured system: coordinator and worker as processes of their own, the caller in this one. */
export interface System {
  readonly engine: Engine;
  readonly namespace: string;
  stop(): Promise<void>;
}

export async function startSystem(
  url: string,
  options: { workers: number } = { workers: 1 },
): Promise<System> {
  const namespace = randomNamespace("bench");
  const spawn = (role: string): Promise<SpawnedProcess> =>
    spawnProcess({
      name: role,
      entry: new URL("./processes/engine.ts", import.meta.url).pathname,
      env: { REDIS_URL: url, BENCH_NAMESPACE: namespace, BENCH_ROLE: role },
      readyWhen: /ready/,
    });
  const processes = await Promise.all([
    spawn("coordinator"),
    ...Array.from({ length: options.workers }, () => spawn("worker")),
  ]);
  const engine = await Engine.create({ url, namespace, roles: ["client"], workflows: [...workflows] });
  return {
    engine: engine as unknown as Engine,
    namespace,
    stop: async () => {
      await engine.shutdown();
      await Promise.all(processes.map((spawned) => spawned.stop()));
    },
  };
}
