import type { RunDescription } from "@heddle/client";
import type { WorkflowSummary } from "@heddle/protocol";
import type { Command } from "commander";
import { clientOf, duration, endsAfter, wholeNumber } from "../options.js";
import { facts, print, shownTime, shownValue, table } from "../output.js";
import { type FilterFlags, filterFlags, filterOf } from "./filter-flags.js";
import { historyTable } from "./history-rows.js";
import { showWhileItMoves } from "./live-commands.js";

export function addLookCommands(workflow: Command): void {
  filterFlags(workflow.command("list"))
    .description("list workflows, newest first")
    .option("--limit <number>", "items of a page, at most 500", wholeNumber, 50)
    .option("--cursor <cursor>", "continue behind a page")
    .option("--all", "all pages")
    .addHelpText(
      "after",
      "\nExamples:\n  heddle workflow list --status running,pending --type order\n  heddle workflow list --tag vip --attribute 'total={\"gte\":100}'\n  heddle workflow list --all -o json",
    )
    .action(async (flags: FilterFlags & { limit: number; cursor?: string; all?: true }, command: Command) => {
      const { all, limit, cursor: behind, ...filter } = flags;
      const list = clientOf(command).list({ ...filterOf(filter), limit, cursor: behind });
      const page = await list;
      const items = all === true ? await collected(list) : page.items;
      const cursor = all === true ? undefined : page.cursor;
      const more = cursor === undefined ? "" : `\n${page.total} in all; go on with --cursor ${cursor}`;
      print(command, { json: { items, total: page.total, cursor }, text: summaries(items) + more });
    });

  filterFlags(workflow.command("count"))
    .description("count workflows")
    .action(async (filter: FilterFlags, command: Command) => {
      const count = await clientOf(command).count(filterOf(filter));
      print(command, { json: { count }, text: String(count) });
    });

  workflow
    .command("describe <id>")
    .description("where the current run of a workflow stands")
    .action(async (id: string, _flags: object, command: Command) => {
      const run = await clientOf(command).getHandle(id).describe();
      print(command, { json: run, text: described(run) });
    });

  workflow
    .command("show <id>")
    .description("the history of the current run, oldest first")
    .option("--follow", "go on with what is added, until the workflow is closed")
    .action(async (id: string, { follow }: { follow?: true }, command: Command) => {
      const handle = clientOf(command).getHandle(id);
      if (follow === true) return showWhileItMoves(handle, command);
      const entries = await handle.history();
      print(command, { json: entries, text: historyTable(entries) });
    });

  workflow
    .command("result <id>")
    .description("wait for the result of a workflow and print it")
    .option("--timeout <duration>", "how long to wait; the workflow goes on", duration)
    .addHelpText("after", "\nExample:\n  heddle workflow result order-7 --timeout 1m")
    .action(async (id: string, flags: { timeout?: number }, command: Command) => {
      const result = await clientOf(command).getHandle(id).result(endsAfter(flags.timeout));
      print(command, { json: result, text: shownValue(result) });
    });
}

async function collected(list: AsyncIterable<WorkflowSummary>): Promise<WorkflowSummary[]> {
  const items: WorkflowSummary[] = [];
  for await (const item of list) items.push(item);
  return items;
}

function summaries(items: readonly WorkflowSummary[]): string {
  return table(
    ["ID", "TYPE", "STATUS", "CREATED", "UPDATED"],
    items.map((item) => [
      ...[item.id, item.type, item.status],
      ...[item.createdAt.toISOString(), item.updatedAt.toISOString()],
    ]),
  );
}

function described(run: RunDescription): string {
  const about = facts([
    ["id", run.workflowId],
    ["run", run.runId],
    ["type", run.type],
    ["status", run.status],
    ["version", run.version],
    ["created", shownTime(run.createdAtMs)],
    ["updated", shownTime(run.updatedAtMs)],
    ["starts", shownTime(run.startAtMs)],
    ["execution deadline", shownTime(run.executionDeadlineMs)],
    ["run deadline", shownTime(run.runDeadlineMs)],
    ["history", `${run.historyLength} records`],
    ["events", `${run.processed} of ${run.accepted} processed`],
    ["held", run.heldReason],
    ["attributes", run.attributes && JSON.stringify(run.attributes)],
    ["memo", run.memo === undefined ? undefined : JSON.stringify(run.memo)],
  ]);
  const activities = table(
    ["ACTIVITY", "STATE", "ATTEMPT", "QUEUE", "LAST FAILURE"],
    run.pendingActivities.map((each) => [
      ...[each.name, each.state, String(each.attempt), each.queue, each.lastFailureMessage ?? ""],
    ]),
  );
  const updates = table(
    ["UPDATE", "STATE", "ID", "ADMITTED"],
    run.pendingUpdates.map((each) => [
      ...[each.name, each.state, each.updateId, new Date(each.admittedAtMs).toISOString()],
    ]),
  );
  return [
    about,
    ...(run.pendingActivities.length === 0 ? [] : [activities]),
    ...(run.pendingUpdates.length === 0 ? [] : [updates]),
  ].join("\n\n");
}
