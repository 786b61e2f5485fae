import type { FollowedEntry, WorkflowHandle } from "@heddle/client";
import type { WatchEvent } from "@heddle/protocol";
import type { Command } from "commander";
import { clientOf, duration, endsAfter } from "../options.js";
import { printLine } from "../output.js";
import { type FilterFlags, filterFlags, filterOf } from "./filter-flags.js";
import { historyRow } from "./history-rows.js";

export function addLiveCommands(workflow: Command): void {
  filterFlags(workflow.command("watch"))
    .description("changes of workflows as they happen, until it is interrupted")
    .option("--timeout <duration>", "how long to watch", duration)
    .addHelpText(
      "after",
      "\nExamples:\n  heddle workflow watch --type order\n  heddle workflow watch --status failed -o json | jq -r .id",
    )
    .action(async ({ timeout, ...flags }: FilterFlags & { timeout?: number }, command: Command) => {
      for await (const event of clientOf(command).watch(filterOf(flags), endsAfter(timeout))) {
        printLine(command, shownEvent(event));
      }
    });
}

/** Prints each entry as it comes, until the workflow is closed. */
export async function showWhileItMoves(handle: WorkflowHandle, command: Command): Promise<void> {
  let runId: string | undefined;
  for await (const entry of handle.followHistory()) {
    const hasContinued = runId !== undefined && runId !== entry.runId;
    if (hasContinued) printLine(command, { text: `continued as run ${entry.runId}` });
    ({ runId } = entry);
    printLine(command, { json: entry, text: shownEntry(entry) });
  }
}

function shownEntry({ runId: _, ...entry }: FollowedEntry): string {
  const [index = "", time = "", kind = "", details = ""] = historyRow(entry);
  return `${index.padStart(4)}  ${time.padEnd(24)}  ${kind.padEnd(20)}  ${details}`.trimEnd();
}

/** Scripts are told with `kind` whether it is a change; people are told of the others in words. */
function shownEvent(event: WatchEvent): { json: unknown; text: string } {
  switch (event.kind) {
    case "watching":
      return { json: event, text: "watching" };
    case "reset":
      return { json: event, text: "changes were missed; list the workflows to see how they are" };
    case "changed": {
      const { change, kind } = event;
      const time = change.changedAt.toISOString();
      return {
        json: { kind, ...change },
        text: `${time}  ${change.status.padEnd(10)}  ${change.type}  ${change.id}`,
      };
    }
  }
}
