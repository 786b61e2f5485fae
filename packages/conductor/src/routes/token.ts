import type { GatewayApp, PluginParts } from "@heddle/gateway";
import { z } from "zod";
import { conductorRoute } from "./conductor-route.js";

/**
 * Conductor's clients exchange their key for a token before they call. Here the key is the token, so they get back what
 * they sent, once it was found good. A gateway that asks nobody who he is has no such route, which tells them the same.
 */
export function tokenRoutes(app: GatewayApp, identify: NonNullable<PluginParts["identify"]>): void {
  app.post(
    "/token",
    conductorRoute(
      "exchangeKey",
      { needs: "open", changes: false },
      {
        summary: "The token of an API key: the key itself",
        body: z.object({
          keyId: z.string().optional().describe("Not looked at: the key has its id"),
          keySecret: z.string().min(1).describe("An API key of Heddle, or a token (JWT)"),
        }),
      },
    ),
    async (request, reply) => {
      const { keySecret: token } = request.body;
      await identify(token, request, reply);
      return { token };
    },
  );
}
