/**
 * Ids of offloaded values. An id tells how many bytes its value takes, and can be found inside of any payload: so
 * whoever hands payloads on knows, without decoding them, which values they need.
 */
export interface OffloadedId {
  readonly runId: string;
  readonly seq: number;
  readonly bytes: number;
}

// The bracket ends it: in a payload any byte may follow.
const ID = /offloaded\(([\w-]+)\/(\d+)\/(\d+)\)/g;
const WHOLE_ID = new RegExp(`^${ID.source}$`);

export function offloadedId({ runId, seq, bytes }: OffloadedId): string {
  return `offloaded(${runId}/${seq}/${bytes})`;
}

export function isOffloadedId(text: unknown): text is string {
  return typeof text === "string" && WHOLE_ID.test(text);
}

/** Size of the value in encoded bytes. */
export function bytesOfOffloaded(valueId: string): number {
  return Number(WHOLE_ID.exec(valueId)?.[3] ?? 0);
}

/** Every value that the payloads name, once. */
export function offloadedIdsIn(payloads: readonly Uint8Array[]): string[] {
  const ids = new Set<string>();
  for (const { buffer, byteOffset, byteLength } of payloads) {
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    // Most payloads name none, and a text of them all would be a copy.
    if (!bytes.includes("offloaded(")) continue;
    for (const [id] of bytes.toString("latin1").matchAll(ID)) ids.add(id);
  }
  return [...ids];
}
