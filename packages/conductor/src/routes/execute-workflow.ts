import { randomUUID } from "node:crypto";
import { changes, whileWaiting, type GatewayApp } from "@heddle/gateway";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import type { Stop } from "../executions/execution-watch.js";
import { RETURN_STRATEGIES, signalResponse, type ReturnStrategy } from "../executions/signal-response.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { numberParameter } from "./parameters.js";

const DEFAULT_WAIT_SECONDS = 10;
/** Of the gateway; a caller that wants to wait longer looks again. */
const LONGEST_WAIT_SECONDS = 60;

/** What a call returns that waits until an execution stops. */
export const returnStrategy = z.enum(RETURN_STRATEGIES).default("TARGET_WORKFLOW");

export function executeWorkflowRoutes(app: GatewayApp, services: ConductorServices): void {
  const { definitions, executions } = services;
  app.post(
    "/workflow/execute/:name/:version",
    conductorRoute("executeWorkflow", changes("signaller"), {
      summary: "Start a workflow and wait until it has ended, waits for a signal, or a named task has ended",
      params: z.object({
        name: z.string().describe("Name of the definition"),
        version: z.coerce.number().int().min(0).describe("0 is the latest"),
      }),
      querystring: z.object({
        requestId: z.string().optional(),
        waitUntilTaskRef: z.string().optional().describe("Reference names, separated by commas"),
        waitForSeconds: numberParameter(0).describe(`0 to ${LONGEST_WAIT_SECONDS}; 0 is 10`),
        consistency: z.string().optional().describe("Not heeded: everything is durable"),
        returnStrategy,
      }),
      body: z.unknown(),
    }),
    async (request, reply) => {
      const { name, version } = request.params;
      const { requestId, waitUntilTaskRef = "", waitForSeconds = 0, returnStrategy } = request.query;
      const body: JsonMap = isJsonMap(request.body) ? request.body : {};
      const start = await definitions.startRequest({ ...body, name, version: version || undefined });
      const workflowId = await executions.start(marked(start));
      request.auditObject = workflowId;
      return answerStopped(reply, services, {
        ...{ workflowId, requestId, returnStrategy },
        refs: refsOf(waitUntilTaskRef),
        waitMs: waitMsOf(waitForSeconds),
      });
    },
  );
}

/** Of `waitUntilTaskRef`. */
export function refsOf(list: string): string[] {
  return list.split(",").filter((ref) => ref !== "");
}

/** Of `waitForSeconds`; 0 is the fallback. */
export function waitMsOf(
  seconds: number,
  { fallback = DEFAULT_WAIT_SECONDS }: { fallback?: number | undefined } = {},
): number {
  return Math.min(seconds || fallback, LONGEST_WAIT_SECONDS) * 1_000;
}

/** As Conductor marks the input of a definition that comes with the request. */
function marked<Request extends { workflowDef?: unknown; input: JsonMap }>(request: Request): Request {
  if (request.workflowDef === undefined) return request;
  return { ...request, input: { ...request.input, _systemMetadata: { dynamic: true } } };
}

interface Waiting {
  readonly workflowId: string;
  readonly requestId?: string | undefined;
  readonly returnStrategy: ReturnStrategy;
  readonly refs?: readonly string[];
  readonly waitMs: number;
}

/** Answers when the execution has stopped, or the wait has passed. */
export async function answerStopped(
  reply: FastifyReply,
  { drain, watch, executions }: ConductorServices,
  { workflowId, requestId = randomUUID(), returnStrategy, refs = [], waitMs }: Waiting,
): Promise<FastifyReply> {
  const stop: Stop | undefined = await whileWaiting({ drain, reply, waitMs }, (signal) =>
    watch.untilStopped(workflowId, refs, signal),
  );
  const asked = { targetWorkflowId: workflowId, requestId, returnStrategy, stop };
  return reply.send(await signalResponse(executions, asked));
}
