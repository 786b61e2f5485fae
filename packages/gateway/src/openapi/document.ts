import swagger from "@fastify/swagger";
import type { FastifyInstance, FastifySchema, RouteOptions } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { GATEWAY_VERSION } from "../gateway-version.js";
import { permissionOf } from "../access/permissions.js";
import { offerMsgpack } from "./offer-msgpack.js";
import { pruneComponents } from "./prune-components.js";

/** Collects the routes registered after it; `app.swagger()` gives the document. */
export function describeRoutes(app: FastifyInstance): void {
  void app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Heddle",
        version: GATEWAY_VERSION,
        description: "Durable workflows over HTTP. Errors are problem+json (RFC 9457) with a stable `code`.",
        license: { name: "MIT", identifier: "MIT" },
      },
      // Relative: the gateway may stand behind any host and path.
      servers: [{ url: "/" }],
      tags: [
        { name: "workflows", description: "Start, signal, ask and stop workflows" },
        { name: "schedules", description: "Start workflows by cron or at intervals" },
        { name: "events", description: "Take events of other systems" },
        { name: "ingestion", description: "Batches, and jobs of the queue that were refused" },
        { name: "access", description: "API keys and the audit log" },
        { name: "conductor", description: "Conductor's API: definitions, their executions and tasks" },
        { name: "service", description: "Health and discovery" },
      ],
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "An API key of Heddle, or a token (JWT)" },
          signature: {
            ...{ type: "apiKey", in: "header", name: "webhook-signature" },
            description: "HMAC-SHA256 over the body; the name of the header depends on the configured scheme",
          },
        },
      },
      security: [{ bearer: [] }],
    },
    transform: (input) => withPermission(jsonSchemaTransform(input), input.route),
    transformObject: (document) => offerMsgpack(pruneComponents(jsonSchemaTransformObject(document))),
  });
}

/** Says which role or other credential an operation needs, and that an open one needs none. */
function withPermission<Transformed extends { schema: FastifySchema }>(
  route: Transformed,
  options: RouteOptions,
): Transformed {
  const { needs } = permissionOf(options);
  const added =
    needs === "open"
      ? { security: [] }
      : needs === "signature"
        ? { security: [{ signature: [] }] }
        : { "x-heddle-role": needs };
  return { ...route, schema: { ...route.schema, ...added } };
}
