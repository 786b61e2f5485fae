import type { Bulk, BulkReasonOptions, BulkSummary, RunFilterOptions, WorkflowHandle } from "@heddle/client";
import type { Command } from "commander";
import { clientOf } from "../options.js";
import { print } from "../output.js";
import { assertOneOrMany, type BulkFlags, bulkFlags, runBulk } from "./bulk.js";

export function addControlCommands(workflow: Command): void {
  addStop(workflow, {
    verb: "cancel",
    description: "ask the code to stop; it may clean up",
    done: "cancellation requested",
    act: (handle, options) => handle.cancel(options),
    actOnMany: (bulk, filter, options) => bulk.cancel(filter, options),
  });
  addStop(workflow, {
    verb: "terminate",
    description: "close it at once; its code does not run any more",
    done: "terminated",
    act: (handle, options) => handle.terminate(options),
    actOnMany: (bulk, filter, options) => bulk.terminate(filter, options),
  });
  addHold(workflow, {
    verb: "suspend",
    description: "hold the code back; signals and timers are kept",
    done: "suspended",
    act: (handle) => handle.suspend(),
  });
  addHold(workflow, {
    verb: "resume",
    description: "let a suspended workflow go on",
    done: "resumed",
    act: (handle) => handle.resume(),
  });
}

interface Control {
  readonly verb: string;
  readonly description: string;
  readonly done: string;
  readonly act: (handle: WorkflowHandle, options: { reason?: string }) => Promise<void>;
}

interface Stop extends Control {
  readonly actOnMany: (
    bulk: Bulk,
    filter: RunFilterOptions,
    options: BulkReasonOptions,
  ) => Promise<BulkSummary>;
}

function addStop(workflow: Command, { verb, description, done, act, actOnMany }: Stop): void {
  bulkFlags(workflow.command(`${verb} [id]`))
    .description(description)
    .option("--reason <text>", "kept in the history")
    .addHelpText(
      "after",
      `\nExamples:\n  heddle workflow ${verb} order-7 --reason "ordered twice"\n  heddle workflow ${verb} --type order --tag eu --dry-run`,
    )
    .action(async (id: string | undefined, flags: BulkFlags & { reason?: string }, command: Command) => {
      assertOneOrMany(command, id, flags);
      const { reason } = flags;
      const client = clientOf(command);
      if (id === undefined) {
        await runBulk(command, flags, (filter, options) =>
          actOnMany(client.bulk, filter, { ...options, reason }),
        );
      } else {
        await act(client.getHandle(id), reason === undefined ? {} : { reason });
        print(command, { json: { id }, text: `${id}: ${done}` });
      }
    });
}

function addHold(workflow: Command, { verb, description, done, act }: Control): void {
  workflow
    .command(`${verb} <id>`)
    .description(description)
    .action(async (id: string, _flags: object, command: Command) => {
      await act(clientOf(command).getHandle(id), {});
      print(command, { json: { id }, text: `${id}: ${done}` });
    });
}
