const PREFIX = "#/components/schemas/";

/**
 * Drops component schemas that nothing refers to: zod's registry emits each named schema twice, as input and as
 * output, and of most only one is used.
 */
export function pruneComponents<Document extends object>(document: Document): Document {
  if (!("components" in document)) return document;
  const { components, ...rest } = document;
  const { schemas = {}, ...others } = components as { schemas?: Record<string, unknown> };
  const used = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    for (const [key, value] of Object.entries(part)) {
      if (key === "$ref" && typeof value === "string" && value.startsWith(PREFIX)) {
        const name = value.slice(PREFIX.length);
        if (used.has(name)) continue;
        used.add(name);
        visit(schemas[name]);
      } else visit(value);
    }
  };
  visit(rest);
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  return { ...document, components: { ...others, schemas: Object.fromEntries(kept) } };
}
