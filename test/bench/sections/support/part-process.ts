// One process of a measured installation: a coordinator or a worker. It tells by request what it uses, or holds.
import { Engine, type EngineOptions } from "heddle";
import { endInOrder } from "../../../processes/ending.js";
import { setting } from "../../../processes/setting.js";
import { noop, workflows } from "../../definitions.js";
import { answerUsage } from "../../usage/answer-usage.js";
import { memoryUsage } from "./memory-usage.js";
import { sectionWorkflows } from "./section-workflows.js";

export interface PartSettings {
  readonly options: Pick<EngineOptions, "redis" | "namespace" | "roles" | "coordinator">;
  /** How long closed runs are kept. Default: as their workflows say. */
  readonly retentionMs?: number | undefined;
  /** Only one of them: the meter of CPU time keeps a record of every garbage collection, which is memory. */
  readonly answers: "usage" | "memory";
  /** Whether it executes definitions of Conductor. */
  readonly executesDefinitions?: boolean | undefined;
}

const {
  options,
  retentionMs,
  answers,
  executesDefinitions = false,
} = JSON.parse(setting("BENCH_PART")) as PartSettings;
const more = executesDefinitions ? await import("./definition-parts.js") : undefined;
const all = [...workflows, ...sectionWorkflows, ...(more?.definitionWorkflows ?? [])];
const definitions = all.map((definition) => ({
  ...definition,
  ...(retentionMs === undefined ? {} : { retentionMs }),
}));
const engine = await Engine.create({
  ...options,
  workflows: definitions,
  activities: [noop, ...(more?.definitionActivities() ?? [])],
  concurrency: 200,
});
if (answers === "usage") answerUsage();
else {
  let answered = 0;
  process.on("SIGUSR2", () => console.log(`memory ${++answered} ${JSON.stringify(memoryUsage())}`));
}
endInOrder(() => engine.shutdown());
console.log("ready");
