import { BulkClient, type BulkOperation, type WorkflowClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { applyBulk } from "./apply-bulk.js";
import { bulkFields, bulkReply, MOST_RUNS, runFields } from "./bulk-fields.js";
import { event, reapply, repairFields } from "./repair-workflow.js";
import { jsonReply, PROBLEMS, workflowId } from "./replies.js";

const targetOfOpen = bulkFields(z.strictObject(runFields));
const eventOfAll = event.optional().describe("Of each run that names none itself");
const { reason } = repairFields;

const stopBody = z.strictObject({ ...targetOfOpen, reason }).meta({ id: "BulkStop" });
const signalBody = z
  .strictObject({
    ...targetOfOpen,
    name: z.string().describe("Name of the signal: 1–128 UTF-8 bytes"),
    payload: z.unknown().optional().describe("Any JSON"),
  })
  .meta({ id: "BulkSignal" });
const retryBody = z.strictObject({ ...targetOfOpen, ...repairFields }).meta({ id: "BulkRetry" });
const resetBody = z
  .strictObject({
    ...bulkFields(z.strictObject({ ...runFields, event: event.optional() })),
    ...{ event: eventOfAll, ...repairFields, reapply },
  })
  .meta({ id: "BulkReset" });
const forkBody = z
  .strictObject({
    ...bulkFields(
      z.strictObject({
        ...{ ...runFields, event: event.optional() },
        newId: workflowId.optional().describe("Of the fork. Without it: derived from run and operation"),
      }),
    ),
    ...{ event: eventOfAll, ...repairFields, reapply },
  })
  .meta({ id: "BulkFork" });

/** One operation on many runs, at most 100 a request; the caller goes on with the cursor. */
export function bulkWorkflows(api: GatewayApp, client: WorkflowClient): void {
  const bulk = new BulkClient(client);
  for (const kind of ["cancel", "terminate"] as const) {
    const what =
      kind === "cancel" ? "Ask the code of many open runs to stop" : "Close many open runs at once";
    const schema = { ...documentation(kind, what), body: stopBody };
    api.post(`/workflows/bulk/${kind}`, { schema }, async (request, reply) => {
      const { reason, ...rest } = request.body;
      return applyBulk(bulk, { kind, reason }, rest, { request, reply });
    });
  }
  api.post(
    "/workflows/bulk/signal",
    {
      schema: {
        ...documentation("signal", "Signal many open runs; the signal id is that of the operation"),
        body: signalBody,
      },
    },
    async (request, reply) => {
      const { name, payload, ...rest } = request.body;
      return applyBulk(bulk, { kind: "signal", name, payload }, rest, { request, reply });
    },
  );
  api.post(
    "/workflows/bulk/retry",
    { schema: { ...documentation("retry", "Retry many failed runs"), body: retryBody } },
    async (request, reply) => {
      const { reason, version, ...rest } = request.body;
      return applyBulk(bulk, { kind: "retry", reason, version }, rest, { request, reply });
    },
  );
  api.post(
    "/workflows/bulk/reset",
    {
      schema: {
        ...documentation("reset", "Reset many runs, each to an event of its own history"),
        body: resetBody,
      },
    },
    async (request, reply) => {
      const { reason, version, reapply, ...rest } = request.body;
      return applyBulk(bulk, { kind: "reset", reason, version, reapply }, rest, { request, reply });
    },
  );
  api.post(
    "/workflows/bulk/fork",
    { schema: { ...documentation("fork", "Make a new workflow of each of many runs"), body: forkBody } },
    async (request, reply) => {
      const { reason, version, reapply, ...rest } = request.body;
      return applyBulk(bulk, { kind: "fork", reason, version, reapply }, rest, { request, reply });
    },
  );
}

function documentation(kind: BulkOperation["kind"], summary: string) {
  return {
    operationId: `bulk${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
    summary,
    description: `Takes a filter or a list of runs, and works on at most ${MOST_RUNS} of them; go on with the cursor.`,
    tags: ["workflows"],
    response: { 200: jsonReply("What became of each run", bulkReply), ...PROBLEMS },
  };
}
