import { type ActivityTarget, decodeTaskToken, type WorkflowClient } from "@heddle/core";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { idempotencyKeyHeader } from "./idempotency-key.js";
import { operationId, settlementOperation } from "./operation-id.js";
import { workflowPath } from "./parameters.js";
import { jsonReply, PROBLEMS, workflowId } from "./replies.js";

const referencePath = workflowPath.extend({
  reference: z.string().describe("What the workflow named the activity, percent-encoded"),
});
const taskToken = z.string().describe("`context.taskToken` of the attempt, unchanged");

const failure = z
  .strictObject({
    name: z.string().default("Error").describe("Retry policies match on it"),
    message: z.string(),
    details: z
      .unknown()
      .optional()
      .describe("Any JSON; the number `nextDelayMs` in it replaces the wait before the next attempt"),
    stack: z.string().optional(),
    get cause() {
      return failure.optional();
    },
  })
  .meta({ id: "ActivityFailure" });

const completeFields = {
  result: z.unknown().optional().describe("Result of the activity; any JSON"),
  operationId,
};
const failFields = { error: failure, operationId };
const heartbeatFields = {
  details: z.unknown().optional().describe("Any JSON; the next attempt gets it as `heartbeatDetails`"),
};
const completeBody = z.strictObject({ taskToken, ...completeFields }).meta({ id: "CompleteActivity" });
const completeByReference = z.strictObject(completeFields).meta({ id: "CompleteActivityByReference" });
const failBody = z.strictObject({ taskToken, ...failFields }).meta({ id: "FailActivity" });
const failByReference = z.strictObject(failFields).meta({ id: "FailActivityByReference" });
const heartbeatBody = z.strictObject({ taskToken, ...heartbeatFields }).meta({ id: "HeartbeatActivity" });
const heartbeatByReference = z.strictObject(heartbeatFields).meta({ id: "HeartbeatActivityByReference" });

const completed = z.object({ id: workflowId }).meta({ id: "CompletedActivity" });
const failed = z
  .object({
    id: workflowId,
    willRetry: z.boolean().describe("By its policy it is tried again; else the workflow gets the failure"),
  })
  .meta({ id: "FailedActivity" });
const beat = z
  .object({
    id: workflowId,
    cancelRequested: z
      .boolean()
      .describe(
        "It is not open any more (withdrawn, timed out, settled, its run closed): going on is of no use",
      ),
  })
  .meta({ id: "ActivityHeartbeat" });

const REPEATED =
  "Repeated alike it is answered alike; another settlement of the attempt is refused with 409.";
const tags = ["activities"];

/** Complete, fail and heartbeat of activities that are settled from outside, by task token or by reference. */
export function settleActivity(api: GatewayApp, client: WorkflowClient): void {
  completeRoutes(api, client);
  failRoutes(api, client);
  heartbeatRoutes(api, client);
}

function completeRoutes(api: GatewayApp, client: WorkflowClient): void {
  const documentation = {
    ...{ summary: "Complete an activity from outside", description: REPEATED, tags },
    headers: idempotencyKeyHeader,
    response: { 200: jsonReply("Accepted, now or before", completed), ...PROBLEMS },
  };
  const complete = async (
    { id, target }: NamedActivity,
    body: { result?: unknown; operationId?: string | undefined },
  ) => {
    await client.activities.complete(target, body.result, settlementOperation(target, body.operationId));
    return { id };
  };
  api.post(
    "/activities/complete",
    { schema: { operationId: "completeActivity", ...documentation, body: completeBody } },
    (request) => complete(byToken(request), request.body),
  );
  api.post(
    "/workflows/:id/activities/:reference/complete",
    {
      schema: {
        ...{ operationId: "completeActivityByReference", ...documentation },
        ...{ params: referencePath, body: completeByReference },
      },
    },
    (request) => complete(byReference(request), request.body),
  );
}

function failRoutes(api: GatewayApp, client: WorkflowClient): void {
  const documentation = {
    ...{ summary: "Fail the current attempt of an activity from outside", description: REPEATED, tags },
    headers: idempotencyKeyHeader,
    response: { 200: jsonReply("Accepted, now or before", failed), ...PROBLEMS },
  };
  const fail = async (
    { id, target }: NamedActivity,
    body: { error: z.output<typeof failure>; operationId?: string | undefined },
  ) => {
    const call = settlementOperation(target, body.operationId);
    return { id, ...(await client.activities.fail(target, body.error, call)) };
  };
  api.post(
    "/activities/fail",
    { schema: { operationId: "failActivity", ...documentation, body: failBody } },
    (request) => fail(byToken(request), request.body),
  );
  api.post(
    "/workflows/:id/activities/:reference/fail",
    {
      schema: {
        ...{ operationId: "failActivityByReference", ...documentation },
        ...{ params: referencePath, body: failByReference },
      },
    },
    (request) => fail(byReference(request), request.body),
  );
}

function heartbeatRoutes(api: GatewayApp, client: WorkflowClient): void {
  const documentation = {
    summary: "Say that an activity is being worked on",
    description: "Restarts its heartbeat timeout. Not written to the audit log.",
    tags,
    response: { 200: jsonReply("Whether to go on is of use", beat), ...PROBLEMS },
  };
  const heartbeat = async ({ id, target }: NamedActivity, details: unknown) => ({
    id,
    ...(await client.activities.heartbeat(target, details)),
  });
  api.post(
    "/activities/heartbeat",
    { schema: { operationId: "heartbeatActivity", ...documentation, body: heartbeatBody } },
    (request) => heartbeat(byToken(request), request.body.details),
  );
  api.post(
    "/workflows/:id/activities/:reference/heartbeat",
    {
      schema: {
        ...{ operationId: "heartbeatActivityByReference", ...documentation },
        ...{ params: referencePath, body: heartbeatByReference },
      },
    },
    (request) => heartbeat(byReference(request), request.body.details),
  );
}

interface NamedActivity {
  /** Of its workflow. */
  readonly id: string;
  readonly target: ActivityTarget;
}

function byToken(request: FastifyRequest<{ Body: { taskToken: string } }>): NamedActivity {
  const target = request.body.taskToken;
  const id = decodeTaskToken(target).workflowId;
  request.auditObject = id;
  return { id, target };
}

function byReference({
  params,
}: FastifyRequest<{ Params: { id: string; reference: string } }>): NamedActivity {
  return { id: params.id, target: { workflowId: params.id, reference: params.reference } };
}
