import type { RunEnds } from "@heddle/core";
import { fieldsOf, parseHeader } from "../run-header.js";
import { defineScript } from "../script.js";
import { attributesIn } from "../search/read-search.js";
import type { StoreContext } from "../store-context.js";

const script = defineScript<(workflowId: string) => RunEnds | undefined>(
  {
    name: "read-run-ends",
    keys: ["header", "history", "attributes"],
    args: ["workflowId"],
    parse: (reply) => (workflowId) => {
      switch (reply.tag) {
        case "not-found":
          return undefined;
        case "run": {
          const [first, last = first] = reply.at(2).items.map((record) => record.bytes);
          const attributes = reply.at(3).bytes;
          const header = parseHeader(workflowId, fieldsOf(reply.at(1)));
          return {
            header: attributes.length === 0 ? header : { ...header, attributes: attributesIn(attributes) },
            first,
            last,
          };
        }
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

/** Of one moment; `undefined` for a workflow that does not exist. */
export async function readRunEnds(context: StoreContext, workflowId: string): Promise<RunEnds | undefined> {
  const keys = context.keys.partitionOf(workflowId);
  const reply = await context.scripts.run(
    script,
    [keys.header(workflowId), keys.history(workflowId), keys.attributes],
    [workflowId],
  );
  return reply(workflowId);
}
