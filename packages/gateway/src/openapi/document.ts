import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { GATEWAY_VERSION } from "../gateway-version.js";
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
        { name: "service", description: "Health and discovery" },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => pruneComponents(jsonSchemaTransformObject(document)),
  });
}
