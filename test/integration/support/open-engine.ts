import { randomNamespace } from "@heddle/testkit";
import { createLogger } from "@heddle/telemetry";
import type { AnyWorkflow } from "@heddle/workflow";
import { Engine, type EngineOptions } from "heddle";
import { inject, onTestFinished } from "vitest";

type Workflows = readonly AnyWorkflow[] | Readonly<Record<string, AnyWorkflow>>;

/** Set `HEDDLE_TEST_LOG=1` to see what the engines under test say. */
const testLog = createLogger({
  name: "test",
  level: process.env["HEDDLE_TEST_LOG"] === undefined ? "silent" : "debug",
});

/** An engine that runs, in a namespace of its own unless one is given; it is shut down when the test ends. */
export async function openEngine<const Collection extends Workflows = readonly []>(
  options: EngineOptions<Collection> = {},
): Promise<Engine<Collection>> {
  const engine = await Engine.create<Collection>({ ...engineDefaults(), ...options });
  onTestFinished(() => engine.shutdown());
  return engine;
}

/** What every engine of a test needs; a later engine of the same test takes the namespace of the first. */
function engineDefaults() {
  return {
    url: inject("redisUrl"),
    namespace: randomNamespace("engine"),
    log: testLog,
    drainMs: 2_000,
  };
}
