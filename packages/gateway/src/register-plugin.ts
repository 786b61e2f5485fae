import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { GatewayPlugin, PluginParts } from "./gateway-plugin.js";
import { noteRefusal } from "./problem/send-problem.js";

/** In a scope of its own, so that what it adds (parsers, hooks) is for its routes alone. */
export function registerPlugin(app: FastifyInstance, plugin: GatewayPlugin, parts: PluginParts): void {
  void app.register(
    (instance, _options, done) => {
      instance.setErrorHandler((error, request, reply) =>
        plugin.sendError(noteRefusal(error, request, reply), request, reply),
      );
      try {
        plugin.register(instance.withTypeProvider<ZodTypeProvider>(), parts);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
    { prefix: plugin.prefix },
  );
}
