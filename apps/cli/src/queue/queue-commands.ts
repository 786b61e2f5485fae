import type { QueueDescription, QueueSummary } from "@heddle/protocol";
import type { Command } from "commander";
import { clientOf, duration, wholeNumber } from "../options.js";
import { facts, print, table } from "../output.js";

export function addQueueCommands(program: Command): void {
  const queue = program.command("queue").description("queues of activities and their workers, over HTTP");

  queue
    .command("list")
    .description("queues that were used within a week")
    .option("--limit <number>", "items of a page, at most 100", wholeNumber, 50)
    .option("--cursor <cursor>", "continue behind a page")
    .action(async (flags: { limit: number; cursor?: string }, command: Command) => {
      const page = await clientOf(command).queues.list(flags);
      const more = page.cursor === undefined ? "" : `\ngo on with --cursor ${page.cursor}`;
      print(command, { json: page, text: summaries(page.items) + more });
    });

  queue
    .command("describe <name>")
    .description("what waits in a queue, who serves it, and how many workers it needs")
    .option("--target-per-worker <number>", "tickets that one worker is to have", wholeNumber)
    .option("--max-wait <duration>", "ask for one more worker when a ticket waits longer", duration)
    .addHelpText("after", "\nExample:\n  heddle queue describe mail --target-per-worker 20 --max-wait 2m")
    .action(async (name: string, flags: { targetPerWorker?: number; maxWait?: number }, command: Command) => {
      const { targetPerWorker, maxWait: maxWaitMs } = flags;
      const described = await clientOf(command).queues.describe(name, { targetPerWorker, maxWaitMs });
      print(command, { json: described, text: description(described) });
    });
}

function summaries(items: readonly QueueSummary[]): string {
  return table(
    ["QUEUE", "WAITING", "ACTIVE", "OLDEST", "WORKERS", "RECOMMENDED"],
    items.map((item) => [
      ...[item.name, String(item.waiting), String(item.active), shownAge(item.oldestWaitingAgeMs)],
      ...[String(item.liveWorkers), String(item.recommendedReplicas)],
    ]),
  );
}

function description(queue: QueueDescription): string {
  const about = facts([
    ["queue", queue.name],
    ["waiting", queue.waiting],
    ["active", queue.active],
    ["oldest waits", shownAge(queue.oldestWaitingAgeMs)],
    ["live workers", queue.liveWorkers],
    ["recommended", `${queue.recommendedReplicas} with ${queue.targetPerWorker} per worker`],
  ]);
  if (queue.workers.length === 0) return about;
  const workers = table(
    ["WORKER", "HOST", "ACTIVE", "CONCURRENCY", "LAST SEEN"],
    queue.workers.map((worker) => [
      ...[worker.id, worker.host, String(worker.active), String(worker.concurrency)],
      new Date(worker.lastSeenAtMs).toISOString(),
    ]),
  );
  return `${about}\n\n${workers}`;
}

function shownAge(ms: number): string {
  return ms === 0 ? "-" : `${(ms / 1_000).toFixed(1)}s`;
}
