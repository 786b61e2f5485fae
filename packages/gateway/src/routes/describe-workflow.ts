import type { RunDescription, WorkflowClient } from "@heddle/core";
import { WORKFLOW_STATUSES } from "@heddle/protocol";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { toPlainJson } from "../json/plain-json.js";
import { workflowPath } from "./parameters.js";
import {
  attributes,
  jsonReply,
  plainAttributes,
  plainPayload,
  PROBLEMS,
  runId,
  workflowId,
} from "./replies.js";

const pendingActivity = z
  .object({
    seq: z.int(),
    name: z.string(),
    queue: z.string(),
    state: z.enum(["scheduled", "started", "backing-off"]),
    attempt: z.int(),
    lastFailureMessage: z.string().optional(),
  })
  .meta({ id: "PendingActivity" });

const pendingUpdate = z
  .object({
    updateId: z.string(),
    name: z.string(),
    state: z.enum(["admitted", "accepted"]).describe("Whether the code has judged it"),
    admittedAt: z.iso.datetime(),
  })
  .meta({ id: "PendingUpdate" });

const description = z
  .object({
    id: workflowId,
    runId,
    type: z.string(),
    status: z.enum(WORKFLOW_STATUSES),
    version: z.string().optional().describe("Of the code that first ran it; absent while none has"),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    historyLength: z.int().describe("Records in the history"),
    accepted: z.int().describe("Events accepted for the run"),
    processed: z.int().describe("Of these, how many its code has seen"),
    heldReason: z.string().optional().describe("Why no code moves the run although it is open"),
    startAt: z.iso.datetime().optional().describe("When a delayed run starts, or started"),
    executionDeadline: z.iso.datetime().optional().describe("When the run is closed as timed-out"),
    runDeadline: z.iso.datetime().optional().describe("The same; the earlier of the two counts"),
    pendingActivities: z.array(pendingActivity),
    pendingUpdates: z.array(pendingUpdate).describe("Updates that are not ended, oldest first, at most 100"),
    continueAsNewSuggested: z
      .boolean()
      .describe("Its history is so long that its code should continue as new"),
    attributes: attributes.optional(),
    memo: plainPayload.optional(),
  })
  .meta({ id: "WorkflowDescription" });

export function describeWorkflow(api: GatewayApp, client: WorkflowClient): void {
  api.get(
    "/workflows/:id",
    {
      schema: {
        operationId: "describeWorkflow",
        summary: "Describe the current run of a workflow",
        tags: ["workflows"],
        params: workflowPath,
        response: { 200: jsonReply("The current run", description), ...PROBLEMS },
      },
    },
    async (request) => describedRun(await client.describe(request.params.id)),
  );
}

function describedRun(run: RunDescription): z.infer<typeof description> {
  return {
    id: run.workflowId,
    runId: run.runId,
    type: run.type,
    status: run.status,
    version: run.version,
    createdAt: new Date(run.createdAtMs).toISOString(),
    updatedAt: new Date(run.updatedAtMs).toISOString(),
    historyLength: run.historyLength,
    accepted: run.accepted,
    processed: run.processed,
    heldReason: run.heldReason,
    startAt: isoTime(run.startAtMs),
    executionDeadline: isoTime(run.executionDeadlineMs),
    runDeadline: isoTime(run.runDeadlineMs),
    pendingActivities: run.pendingActivities.map(({ ...activity }) => activity),
    pendingUpdates: run.pendingUpdates.map(({ admittedAtMs, ...update }) => ({
      ...update,
      admittedAt: new Date(admittedAtMs).toISOString(),
    })),
    continueAsNewSuggested: run.continueAsNewSuggested,
    attributes: run.attributes && plainAttributes(run.attributes),
    ...(run.memo === undefined ? {} : { memo: toPlainJson(run.memo) }),
  };
}

function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
