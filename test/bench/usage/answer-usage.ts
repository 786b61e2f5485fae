import { UsageMeter } from "./process-usage.js";

/** Prints `usage <number> <json>` at each SIGUSR2; `BenchProcess.usage` asks and reads. For processes of the bench. */
export function answerUsage(): void {
  const meter = new UsageMeter();
  let answered = 0;
  process.on("SIGUSR2", () => console.log(`usage ${++answered} ${JSON.stringify(meter.sample())}`));
}
