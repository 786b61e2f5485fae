import type { Permission } from "@heddle/gateway";
import type { FastifySchema } from "fastify";

/** Options of one route. Its operation id is `conductor.` and the name; a body may be missing unless the route reads one. */
export function conductorRoute<const Schema extends FastifySchema>(
  name: string,
  permission: Permission,
  schema: Schema & { readonly summary: string },
) {
  return {
    config: { permission, isBodyOptional: true },
    schema: { operationId: `conductor.${name}`, tags: ["conductor"], ...schema },
  };
}
