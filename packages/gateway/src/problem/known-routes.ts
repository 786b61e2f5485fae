import type { FastifyInstance } from "fastify";

/** Which methods each path has: what the router does not tell once it has found no route. */
export class KnownRoutes {
  readonly #routes: { readonly parts: readonly string[]; readonly methods: readonly string[] }[] = [];

  /** Takes in the routes that are registered after it. */
  collect(app: FastifyInstance): void {
    app.addHook("onRoute", ({ url, method }) => {
      this.#routes.push({ parts: url.split("/"), methods: [method].flat() });
    });
  }

  /** Sorted; empty when no route has the path, which is still percent-encoded. */
  methodsOf(path: string): string[] {
    const given = path.split("/");
    const found = this.#routes.filter(({ parts }) => fits(given, parts));
    return [...new Set(found.flatMap(({ methods }) => methods))].sort();
  }
}

function fits(given: readonly string[], parts: readonly string[]): boolean {
  return (
    given.length === parts.length &&
    parts.every((part, index) => part.startsWith(":") || part === given[index])
  );
}
