import type { WorkflowClient } from "@heddle/core";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { CallerLimits } from "../access/guard-routes.js";
import { deliver } from "../deliveries/deliver.js";
import { receiptOf, RECEIPTS, receiptStatus } from "../deliveries/receipt.js";
import type { GatewayApp } from "../gateway-app.js";
import { readJsonBody } from "../json/json-body.js";
import { isSigned } from "../webhooks/is-signed.js";
import { SignatureRefusedError } from "../webhooks/signature-refused-error.js";
import type { SignatureClaim } from "../webhooks/signature-schemes.js";
import { deliveryOf, type Webhook, type Webhooks } from "../webhooks/webhook.js";

/** What an event of a webhook is, and no more: senders of larger ones have to send a reference. */
const MAX_BODY_BYTES = 1024 * 1024;

declare module "fastify" {
  interface FastifyRequest {
    /** Which webhook is called, with what the headers claim; on that route alone. */
    signedCall: { readonly webhook: Webhook; readonly claim: SignatureClaim } | undefined;
  }
}

interface Parts {
  readonly client: WorkflowClient;
  readonly webhooks: Webhooks;
  readonly limits: CallerLimits;
}

/**
 * Takes deliveries of other systems. Their credential is a signature over the bytes of the body, so the body is kept as
 * it came, and nothing in it is looked at before the signature was found good.
 */
export function receiveWebhooks(app: GatewayApp, parts: Parts): void {
  void app.register((instance, _options, done) => {
    keepBytesOfBodies(instance);
    checkSignatures(instance, parts);
    addRoute(instance.withTypeProvider<ZodTypeProvider>(), parts.client);
    done();
  });
}

function keepBytesOfBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
}

function checkSignatures(app: FastifyInstance, { webhooks, limits }: Parts): void {
  const { failures, limiter } = limits;
  app.decorateRequest("signedCall", undefined);

  const orRefuse = (request: FastifyRequest, reply: FastifyReply, check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof SignatureRefusedError)) throw error;
      // Only those who fail are held off: who shares their address and signs well is not to suffer.
      failures.assertMayTry(request.ip);
      failures.count(request.ip);
      const webhook = nameOf(request).slice(0, 64);
      request.log.warn({ requestId: request.id, webhook, reason: error.reason }, "webhook refused");
      void reply.header("www-authenticate", 'Signature realm="heddle"');
      throw error;
    }
  };

  // Before the body is received.
  app.addHook("onRequest", async (request, reply) => {
    orRefuse(request, reply, () => {
      const webhook = webhooks.get(nameOf(request));
      if (webhook === undefined) throw new SignatureRefusedError("no webhook of that name is configured");
      request.signedCall = { webhook, claim: webhook.scheme.claimOf(request.headers, Date.now()) };
    });
  });
  app.addHook("preValidation", async (request, reply) => {
    const { webhook, claim } = signedCallOf(request);
    orRefuse(request, reply, () => {
      if (isSigned(request.body as Buffer, claim, webhook.keys)) return;
      throw new SignatureRefusedError("no active secret made that signature for that body");
    });
    request.principal = { name: `webhook:${webhook.name}`, roles: [] };
    await limiter.take(request.principal);
  });
}

function addRoute(app: GatewayApp, client: WorkflowClient): void {
  app.post(
    "/hooks/:name",
    {
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        operationId: "receiveWebhook",
        summary: "Take an event of another system",
        description:
          "The signature in the headers is the credential. What the event means is configured. A repeated event is accepted once.",
        tags: ["events"],
        params: z.object({ name: z.string().describe("Name of a configured webhook") }),
        body: z.unknown().describe("The event as JSON, in exactly the bytes that were signed"),
        response: RECEIPTS,
      },
    },
    async (request, reply) => {
      const { webhook } = signedCallOf(request);
      const bytes = request.body as Buffer;
      const delivery = deliveryOf(webhook, { headers: request.headers, bytes, body: readJsonBody(bytes) });
      if (delivery === undefined) return reply.code(200).send({ outcome: "ignored" });
      const receipt = receiptOf(await deliver(client, delivery));
      return reply.code(receiptStatus(receipt)).send(receipt);
    },
  );
}

function nameOf({ params }: FastifyRequest): string {
  return (params as { name: string }).name;
}

function signedCallOf(request: FastifyRequest) {
  // Unset only if a hook was skipped, and then nobody may be let through.
  if (request.signedCall === undefined) throw new SignatureRefusedError("the signature was not looked at");
  return request.signedCall;
}
