import type { LoadedRun } from "@heddle/core";
import { fieldsOf, parseHeader } from "../run-header.js";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<(workflowId: string) => LoadedRun | undefined>(
  {
    name: "load-run",
    keys: ["header", "history", "cutOff"],
    args: [],
    parse: (reply) => (workflowId) => {
      switch (reply.tag) {
        case "not-found":
          return undefined;
        case "run": {
          const fields = fieldsOf(reply.at(1));
          return {
            header: parseHeader(workflowId, fields),
            cancelRequested: fields["cancelRequested"] === "1",
            waitsForStart: fields["waitsForStart"] === "1",
            records: reply.at(2).items.map((record) => record.bytes),
            ...(fields["resetPending"] === undefined
              ? {}
              : { cutOff: reply.at(3).items.map((record) => record.bytes) }),
            ...(fields["inheritsFrom"] === undefined
              ? {}
              : { inheritsFrom: fields["inheritsFrom"].split(" ") }),
          };
        }
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

/** Header and history of one moment. */
export async function loadRun(context: StoreContext, workflowId: string): Promise<LoadedRun | undefined> {
  const keys = context.keys.partitionOf(workflowId);
  const reply = await context.scripts.run(script, [
    keys.header(workflowId),
    keys.history(workflowId),
    keys.cutOff(workflowId),
  ]);
  return reply(workflowId);
}
