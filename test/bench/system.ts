import { Engine } from "heddle";
import { randomNamespace } from "@heddle/testkit";
import { spawnBenchProcess, type BenchProcess } from "./bench-process.js";
import { workflows } from "./definitions.js";

/** The measured system: a coordinator and workers as processes of their own, the caller in this one. */
export interface System {
  readonly engine: Engine;
  readonly processes: readonly BenchProcess[];
  stop(): Promise<void>;
}

/** Ends what it started when a part of it does not start. */
export async function startSystem(url: string, options: { workers: number }): Promise<System> {
  const common = { url, namespace: randomNamespace("bench") };
  const processes: BenchProcess[] = [];
  const stopProcesses = () => Promise.all(processes.map((each) => each.stop()));
  try {
    const roles = ["coordinator", ...Array.from({ length: options.workers }, () => "worker")];
    for (const role of roles) {
      const entry = new URL("./processes/engine.ts", import.meta.url);
      const env = { BENCH_ENGINE: JSON.stringify({ ...common, roles: [role] }) };
      processes.push(await spawnBenchProcess({ role, entry, env }));
    }
    const engine = await Engine.create({ ...common, roles: ["client"], workflows: [...workflows] });
    return {
      engine: engine as unknown as Engine,
      processes,
      stop: async () => {
        await engine.shutdown();
        await stopProcesses();
      },
    };
  } catch (error) {
    await stopProcesses();
    throw error;
  }
}
