import { GATEWAY_VERSION, reads, type GatewayApp } from "@heddle/gateway";
import { HeddleError } from "@heddle/protocol";
import { z } from "zod";
import { conductorRoute } from "./conductor-route.js";
import type { ConductorServices } from "./conductor-services.js";

/** What Conductor's clients ask of the server itself. */
export function serviceRoutes(
  app: GatewayApp,
  { client, drain, environment, secretNames }: ConductorServices,
): void {
  app.get(
    "/health",
    conductorRoute("getHealth", reads("reader"), { summary: "Whether the service is healthy" }),
    async () => {
      const isStored = await client.ping().then(
        () => true,
        () => false,
      );
      const healthResults = [
        { details: {}, healthy: isStored, name: "redis" },
        { details: {}, healthy: !drain.hasBegun, name: "gateway" },
      ];
      return {
        healthResults,
        suppressedHealthResults: false,
        healthy: healthResults.every(({ healthy }) => healthy),
      };
    },
  );

  app.get(
    "/version",
    conductorRoute("getVersion", reads("reader"), { summary: "Version of the service" }),
    (_request, reply) => reply.type("text/plain").send(GATEWAY_VERSION),
  );

  app.get(
    "/environment",
    conductorRoute("listEnvironment", reads("reader"), { summary: "Variables that expressions may read" }),
    () => environment,
  );

  app.get(
    "/environment/:name",
    conductorRoute("getEnvironmentVariable", reads("reader"), {
      summary: "One variable that expressions may read",
      params: z.object({ name: z.string() }),
    }),
    (request, reply) => {
      const { name } = request.params;
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (value === undefined) {
        throw new HeddleError(
          "DEFINITION_NOT_FOUND",
          `there is no variable ${JSON.stringify(name)} that expressions may read; the operator lists them`,
          { details: { name } },
        );
      }
      return reply.type("text/plain").send(value);
    },
  );

  app.get(
    "/secrets",
    conductorRoute("listSecretNames", reads("reader"), {
      summary: "Names of the secrets; never their values",
    }),
    () => secretNames,
  );
}
