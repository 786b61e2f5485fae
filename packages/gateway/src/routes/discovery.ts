import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { GATEWAY_VERSION } from "../gateway-version.js";
import { jsonReply, PROBLEMS } from "./replies.js";
import { API_PREFIX } from "./workflow-url.js";

const LINKS = {
  openapi: "/openapi.json",
  workflows: `${API_PREFIX}/workflows`,
  live: "/livez",
  ready: "/readyz",
};

const about = z
  .object({
    name: z.string(),
    version: z.string(),
    links: z.record(z.string(), z.string()).describe("Paths on this host"),
  })
  .meta({ id: "About" });

/** What this service is, and where its routes are described. */
export function discovery(app: GatewayApp): void {
  app.get(
    "/",
    {
      schema: {
        operationId: "about",
        summary: "Name, version and links",
        tags: ["service"],
        response: { 200: jsonReply("This service", about), "5xx": PROBLEMS["5xx"] },
      },
    },
    () => ({ name: "heddle", version: GATEWAY_VERSION, links: LINKS }),
  );
  app.get(
    "/openapi.json",
    {
      schema: {
        operationId: "openapi",
        summary: "This document",
        tags: ["service"],
        response: {
          200: jsonReply("OpenAPI 3.1", z.looseObject({ openapi: z.string() })),
          "5xx": PROBLEMS["5xx"],
        },
      },
    },
    () => ({ ...app.swagger() }) as { openapi: string },
  );
}
