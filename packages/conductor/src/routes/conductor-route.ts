import type { Permission } from "@heddle/gateway";
import type { FastifySchema } from "fastify";

/** Options of one route. Its operation id is `conductor.` and the name; a body may be missing unless the route reads one. */
export function conductorRoute<const Schema extends FastifySchema>(
  name: string,
  permission: Permission,
  schema: Schema & { readonly summary: string },
) {
  return {
    // Where Conductor's clients put what they were given for their key.
    config: { permission, isBodyOptional: true, tokenHeader: "x-authorization" },
    schema: { operationId: `conductor.${name}`, tags: ["conductor"], ...schema },
  };
}
