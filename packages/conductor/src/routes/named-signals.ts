import { changes, type GatewayApp } from "@heddle/gateway";
import { InvalidArgumentError, steersExecution } from "@heddle/protocol";
import { z } from "zod";
import { jsonBean } from "../definition/json-bean.js";
import { readBean } from "../definition/read-request.js";
import { executionIdOf } from "../interpreter/execution-id.js";
import { CONDUCTOR_WORKFLOW } from "../interpreter/execution-input.js";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";
import { heedingKey, keyHeader, keyOf } from "./idempotency-key.js";
import { workflowPath } from "./parameters.js";

const signalId = z.string().describe("The same when the signal is sent again: it is delivered once");

/** What a start-or-signal says besides the start request. */
const delivery = jsonBean({
  /** Default: that of the idempotency key. */
  workflowId: z.string().min(1, "workflowId cannot be empty").optional(),
  signalId: signalId.optional(),
  payload: z.unknown().optional(),
  onTerminalConflict: z.enum(["reject", "start-new"]).optional(),
});

/** Heddle's own signals for executions of definitions: named, kept until a WAIT takes them, delivered once. */
export function namedSignalRoutes(
  app: GatewayApp,
  { client, executions, definitions }: ConductorServices,
): void {
  app.post(
    "/workflow/:id/signals/:signal",
    heedingKey(
      conductorRoute("signalWorkflow", changes("signaller"), {
        summary: "Send a signal that the next WAIT of its name takes; the body is its payload",
        params: workflowPath.extend({ signal: z.string().describe("Name of the signal") }),
        querystring: z.object({ signalId: signalId.optional() }),
        headers: keyHeader,
        body: z.unknown(),
      }),
    ),
    async (request) => {
      const { id, signal } = request.params;
      assertOwnSignal(signal);
      const given = request.query.signalId ?? keyOf(request).idempotencyKey;
      const { outcome } = await client.deliverSignal(id, signal, request.body ?? {}, { signalId: given });
      return { workflowId: id, signal, signalId: given, outcome };
    },
  );

  app.post(
    "/workflow/:name/start-or-signal/:signal",
    heedingKey(
      conductorRoute("startOrSignal", changes("signaller"), {
        summary: "Start a workflow with a signal, or signal the one that is open, in one step",
        params: z.object({
          name: z.string().describe("Name of the definition"),
          signal: z.string().describe("Name of the signal"),
        }),
        headers: keyHeader,
        body: z.unknown(),
      }),
    ),
    async (request, reply) => {
      const { name, signal } = request.params;
      assertOwnSignal(signal);
      const body = readBean("start-or-signal request", z.record(z.string(), z.unknown()), request.body ?? {});
      const {
        payload = {},
        onTerminalConflict,
        ...ids
      } = readBean("start-or-signal request", delivery, body);
      const start = await definitions.startRequest({ ...body, name });
      const { idempotencyKey = "" } = start;
      const id = ids.workflowId ?? (idempotencyKey === "" ? undefined : executionIdOf(name, idempotencyKey));
      if (id === undefined) {
        throw new InvalidArgumentError(
          "neither workflowId nor idempotencyKey is given, so nobody could find the workflow again; give one of them",
          { details: { field: "workflowId" } },
        );
      }
      request.auditObject = id;
      const keyed = idempotencyKey === "" ? undefined : idempotencyKey;
      const delivered = await client.startOrSignal(
        CONDUCTOR_WORKFLOW,
        await executions.inputOf(start),
        { name: signal, payload, signalId: ids.signalId ?? keyOf(request).idempotencyKey ?? keyed },
        { id, onTerminalConflict },
      );
      const { outcome } = delivered;
      return reply.code(outcome === "started" ? 201 : 200).send({ workflowId: id, outcome });
    },
  );
}

/** Those that steer executions need other rights. */
function assertOwnSignal(name: string): void {
  if (!steersExecution(name)) return;
  throw new InvalidArgumentError(
    `the signal ${JSON.stringify(name)} steers executions and is not sent here; choose another name`,
    { details: { field: "signal" } },
  );
}
