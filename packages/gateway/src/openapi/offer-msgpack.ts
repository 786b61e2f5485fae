/** Says of each body and reply in JSON that it may be MessagePack as well. Errors and streams may not. */
export function offerMsgpack<Document extends object>(document: Document): Document {
  const visit = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) return part.map(visit);
    const entries = Object.entries(part).map(([name, value]) => [
      name,
      name === "content" ? withMsgpack(value as Record<string, unknown>) : visit(value),
    ]);
    return Object.fromEntries(entries) as unknown;
  };
  if (!("paths" in document)) return document;
  return { ...document, paths: visit(document.paths) };
}

function withMsgpack(content: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const json = content["application/json"];
  return json === undefined ? { ...content } : { ...content, "application/msgpack": json };
}
