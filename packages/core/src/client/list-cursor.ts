import { InvalidArgumentError } from "@heddle/protocol";

/** Opaque to callers: the place behind one item of a list that is sorted newest first, ties by id. */
export function encodeCursor(place: { createdAtMs: number; workflowId: string }): string {
  return Buffer.from(JSON.stringify([place.createdAtMs, place.workflowId])).toString("base64url");
}

/** Throws `InvalidArgumentError` for text that no list returned. */
export function decodeCursor(cursor: string): { createdAtMs: number; workflowId: string } {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (Array.isArray(place) && place.length === 2) {
      const [createdAtMs, workflowId] = place as unknown[];
      // JSON can spell an infinite number: 1e999.
      if (Number.isFinite(createdAtMs) && typeof workflowId === "string") {
        return { createdAtMs: createdAtMs as number, workflowId };
      }
    }
  } catch {
    // Falls through to the one refusal below.
  }
  throw new InvalidArgumentError("cursor is not one that a list returned; start again without it", {
    details: { field: "cursor" },
  });
}
