import type { ClosedRun } from "@heddle/core";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";
import { parseClosedStatus } from "./replies.js";

type Reply =
  ClosedRun | { readonly outcome: "waiting"; readonly runId: string } | { readonly outcome: "not-found" };

const script = defineScript<Reply>(
  {
    name: "await-closed",
    keys: ["header", "history"],
    args: ["channel", "runId"],
    parse: (reply) => {
      switch (reply.tag) {
        case "closed":
          return {
            outcome: "closed",
            runId: reply.at(1).text,
            status: parseClosedStatus(reply, 2),
            record: reply.at(3).bytes,
          };
        case "waiting":
          return { outcome: "waiting", runId: reply.at(1).text };
        case "not-found":
          return { outcome: "not-found" };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

/** Reads the end of a run, or registers `channel` to be told of it by the closing commit. */
export function registerWaiter(
  context: StoreContext,
  request: { workflowId: string; runId: string; channel: string },
): Promise<Reply> {
  const keys = context.keys.partitionOf(request.workflowId);
  return context.scripts.run(
    script,
    [keys.header(request.workflowId), keys.history(request.workflowId)],
    [request.channel, request.runId],
  );
}
