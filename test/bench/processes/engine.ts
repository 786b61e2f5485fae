// One process of the measured system: a coordinator or a worker, as its options say.
import { Engine, type EngineOptions } from "heddle";
import { noop, workflows } from "../definitions.js";
import { answerUsage } from "../usage/answer-usage.js";

const options = JSON.parse(process.env["BENCH_ENGINE"] ?? "{}") as EngineOptions;
const engine = await Engine.create({ concurrency: 200, ...options, workflows, activities: [noop] });
answerUsage();
console.log("ready");
process.on("SIGTERM", () => void engine.shutdown().then(() => process.exit(0)));
