import type { SignalledRun, WorkflowClient } from "@heddle/core";
import { HeddleError, InvalidArgumentError } from "@heddle/protocol";
import type { FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { binaryEvent } from "../cloud-events/binary-event.js";
import { cloudEventSchema, readCloudEvent } from "../cloud-events/cloud-event.js";
import { deliveryOf, type EventRules } from "../cloud-events/event-rules.js";
import { eventsOf, ingestInOrder } from "../cloud-events/ingest-batch.js";
import { deliver } from "../deliveries/deliver.js";
import { receipt, receiptOf, RECEIPTS, receiptStatus } from "../deliveries/receipt.js";
import type { GatewayApp } from "../gateway-app.js";
import { parseJsonBody } from "../json/json-body.js";
import { problemOf, problemSchema } from "../problem/problem.js";
import { logServerError, pathOf } from "../problem/send-problem.js";
import { jsonReply } from "./replies.js";

const STRUCTURED = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";

const eventBody = z
  .unknown()
  .describe("One event, a list of events, or the data alone when the attributes are in headers ce-…")
  .meta({ anyOf: [cloudEventSchema, { type: "array", items: cloudEventSchema }, {}] });

const batchReply = z
  .object({
    items: z
      .array(z.object({ status: z.int(), receipt: receipt.optional(), problem: problemSchema.optional() }))
      .describe("One for each event, in their order"),
  })
  .meta({ id: "EventBatchReply" });

export function ingestEvents(api: GatewayApp, client: WorkflowClient, rules: EventRules = new Map()): void {
  const ingest = (given: unknown): Promise<SignalledRun> =>
    deliver(client, deliveryOf(readCloudEvent(given), rules));

  void api.register((instance, _options, done) => {
    instance.addContentTypeParser([STRUCTURED, BATCH], { parseAs: "buffer" }, parseJsonBody);
    instance.withTypeProvider<ZodTypeProvider>().post(
      "/events",
      {
        config: { isBodyOptional: true },
        schema: {
          operationId: "ingestEvents",
          summary: "Take CloudEvents",
          description:
            "Signals the workflow that the subject names, or starts it. Structured, batched or binary mode. " +
            "An event with the source and id of an earlier one is a duplicate.",
          tags: ["events"],
          consumes: [STRUCTURED, BATCH, "application/json"],
          body: eventBody,
          response: {
            ...RECEIPTS,
            200: jsonReply("Duplicate: accepted before; or a batch that was accepted as a whole", anyReply),
            207: jsonReply("A batch of which some events were refused: see each status", batchReply),
          },
        },
      },
      async (request, reply) => {
        if (mediaTypeOf(request) === BATCH) {
          const outcomes = await ingestInOrder(eventsOf(request.body), ingest);
          logOutage(request, outcomes);
          const items = outcomes.map((outcome) =>
            outcome instanceof HeddleError ? refusedItem(outcome, request) : acceptedItem(outcome),
          );
          return reply.code(items.some(({ status }) => status >= 400) ? 207 : 200).send({ items });
        }
        const accepted = receiptOf(await ingest(singleEvent(request)));
        return reply.code(receiptStatus(accepted)).send(accepted);
      },
    );
    done();
  });
}

const anyReply = z.union([receipt, batchReply]);

function singleEvent(request: FastifyRequest): unknown {
  if (mediaTypeOf(request) === STRUCTURED) return request.body;
  if (request.headers["ce-specversion"] === undefined) {
    throw new InvalidArgumentError(
      `there is no event: send "content-type: ${STRUCTURED}" or ${BATCH}, or its attributes as headers, ce-specversion first of all`,
      { details: { field: "ce-specversion" } },
    );
  }
  return binaryEvent(request.headers, request.body);
}

function mediaTypeOf({ headers }: FastifyRequest): string | undefined {
  return headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
}

/** Once: what was not tried after it has the same reason. */
function logOutage(request: FastifyRequest, outcomes: readonly (SignalledRun | HeddleError)[]): void {
  const outage = outcomes.find((each) => each instanceof HeddleError && each.httpStatus >= 500);
  if (outage instanceof HeddleError) logServerError(request, outage);
}

function acceptedItem(run: SignalledRun) {
  const accepted = receiptOf(run);
  return { status: receiptStatus(accepted), receipt: accepted };
}

function refusedItem(error: HeddleError, request: FastifyRequest) {
  const problem = problemOf(error, { path: pathOf(request), requestId: request.id });
  return { status: problem.status, problem };
}
