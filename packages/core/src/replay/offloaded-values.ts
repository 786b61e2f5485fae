import {
  encodePayload,
  OffloadedValueNotFoundError,
  PayloadTooLargeError,
  type Payload,
} from "@heddle/protocol";
import type { OffloadedPayload } from "../store/offloaded-payload.js";
import { bytesOfOffloaded, offloadedId } from "./offloaded-id.js";

/** In encoded bytes. */
export interface OffloadLimits {
  /** Of one value. */
  readonly maxOffloadedBytes: number;
  /** Of all values of a run, those included that it took over from the run it continues. */
  readonly maxRunOffloadedBytes: number;
}

export const DEFAULT_OFFLOAD_LIMITS: OffloadLimits = {
  maxOffloadedBytes: 16 * 1024 * 1024,
  maxRunOffloadedBytes: 64 * 1024 * 1024,
};

/** The values that the code of one run stores outside of its history. */
export class OffloadedValues {
  /** By sequence number, from history: what was stored then counts, so the value is not encoded again. */
  private readonly recorded = new Map<number, string>();
  private uncommitted: OffloadedPayload[] = [];
  private supplied: OffloadedPayload | undefined;
  private totalBytes = 0;

  constructor(
    private readonly runId: string,
    private readonly limits: OffloadLimits,
  ) {}

  /** What the run took over from the one that it continues. */
  inherit(valueIds: readonly string[]): void {
    for (const valueId of valueIds) this.totalBytes += bytesOfOffloaded(valueId);
  }

  /** Before replay begins. */
  recall({ seq, valueId }: { readonly seq: number; readonly valueId: string }): void {
    this.recorded.set(seq, valueId);
  }

  /** Throws `PayloadTooLargeError` or `PayloadNotSerializableError`; then nothing is stored. */
  offload(seq: number, value: unknown): string {
    const known = this.recorded.get(seq);
    if (known !== undefined) {
      this.totalBytes += bytesOfOffloaded(known);
      return known;
    }
    const payload = encodePayload(value, {
      what: "offloaded value",
      maxBytes: this.limits.maxOffloadedBytes,
    });
    this.assertRoomFor(payload);
    this.totalBytes += payload.byteLength;
    const valueId = offloadedId({ runId: this.runId, seq, bytes: payload.byteLength });
    this.uncommitted.push({ valueId, payload });
    return valueId;
  }

  /** What the next commit has to store. */
  takeUncommitted(): readonly OffloadedPayload[] {
    const taken = this.uncommitted;
    this.uncommitted = [];
    return taken;
  }

  /** The value of the `load-completed` that is fed next. */
  supply(value: OffloadedPayload): void {
    this.supplied = value;
  }

  /** Throws `OffloadedValueNotFoundError` when it was not supplied. */
  takeSupplied(valueId: string): Payload {
    const { supplied } = this;
    this.supplied = undefined;
    if (supplied?.valueId !== valueId) throw offloadedValueNotFound(valueId);
    return supplied.payload;
  }

  private assertRoomFor({ byteLength }: Payload): void {
    const totalBytes = this.totalBytes + byteLength;
    const { maxRunOffloadedBytes: maxBytes } = this.limits;
    if (totalBytes <= maxBytes) return;
    throw new PayloadTooLargeError(
      `the offloaded values of run "${this.runId}" would take ${totalBytes} bytes in all, the limit is ${maxBytes}; continue as new to leave behind what is not needed, or store values elsewhere`,
      { details: { runId: this.runId, payloadBytes: byteLength, totalBytes, maxBytes } },
    );
  }
}

export function offloadedValueNotFound(valueId: string): OffloadedValueNotFoundError {
  return new OffloadedValueNotFoundError(
    `the workflow has no value "${valueId}": it was offloaded under another workflow id, or left behind when the run continued as new; hand over the value itself, or its reference with the input`,
    { details: { valueId } },
  );
}
