import type { AggregateOptions } from "@heddle/client";
import type { AttributeChanges } from "@heddle/protocol";
import type { Command } from "commander";
import { clientOf } from "../options.js";
import { print, table } from "../output.js";
import { attribute, VALUES } from "../search-flags.js";
import { type FilterFlags, filterFlags, filterOf } from "./filter-flags.js";

export function addAttributeCommands(workflow: Command): void {
  workflow
    .command("set-attributes <id>")
    .description("set search attributes of an open workflow; null removes one")
    .requiredOption("--attribute <name=value>", `repeated for several; ${VALUES}`, attribute)
    .addHelpText(
      "after",
      `
Example:
  heddle workflow set-attributes order-7 --attribute phase=paid --attribute 'due={"date":"2030-01-01T00:00:00Z"}' --attribute old=null`,
    )
    .action(async (id: string, flags: { attribute: AttributeChanges }, command: Command) => {
      await clientOf(command).setAttributes(id, flags.attribute);
      print(command, { json: { id }, text: `${id}: attributes set` });
    });

  filterFlags(workflow.command("aggregate"))
    .description("count workflows by what they have in common, the largest group first")
    .requiredOption("--by <what>", "status, type, version, or the name of a search attribute after @")
    .addHelpText(
      "after",
      "\nExamples:\n  heddle workflow aggregate --by status --type order\n  heddle workflow aggregate --by @customer",
    )
    .action(async (flags: FilterFlags & { by: string }, command: Command) => {
      const groups = await clientOf(command).aggregate(filterOf(flags), { groupBy: groupByOf(flags.by) });
      const rows = groups.map(({ group, count }) => [String(group ?? ""), String(count)]);
      print(command, { json: groups, text: table(["GROUP", "COUNT"], rows) });
    });
}

function groupByOf(by: string): AggregateOptions["groupBy"] {
  if (by.startsWith("@")) return { attribute: by.slice(1) };
  // The gateway names what is wrong with any other.
  return by as Extract<AggregateOptions["groupBy"], string>;
}
