import type { HistoryEntry, WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { toPlainJson } from "../json/plain-json.js";
import { workflowPath } from "./parameters.js";
import { jsonReply, PROBLEMS } from "./replies.js";

const historyEntry = z
  .looseObject({
    index: z.int().describe("Place in the history, from 0"),
    kind: z.string().describe("What the record says: started, signal, activity-scheduled, completed, …"),
    at: z.iso.datetime().optional().describe("When, for records that have a time"),
  })
  .meta({ id: "HistoryEntry" });

const history = z.object({ items: z.array(historyEntry) }).meta({ id: "WorkflowHistory" });

export function workflowHistory(api: GatewayApp, client: WorkflowClient): void {
  api.get(
    "/workflows/:id/history",
    {
      schema: {
        operationId: "getWorkflowHistory",
        summary: "History of the current run, oldest first",
        description: "Every record with its payloads as plain JSON.",
        tags: ["workflows"],
        params: workflowPath,
        response: { 200: jsonReply("All records", history), ...PROBLEMS },
      },
    },
    async (request) => ({ items: (await client.history(request.params.id)).map(plainEntry) }),
  );
}

export function plainEntry(entry: HistoryEntry): z.infer<typeof historyEntry> {
  const fields = Object.entries(entry).filter(([, value]) => value !== undefined);
  const plain = Object.fromEntries(fields.map(([name, value]) => [name, toPlainJson(value)]));
  const at = entry["at"];
  return {
    ...plain,
    index: entry.index,
    kind: entry.kind,
    ...(typeof at === "number" ? { at: new Date(at).toISOString() } : {}),
  };
}
