import { setTimeout as delay } from "node:timers/promises";
import type { Lease, OwnerStore } from "@heddle/core";
import { HeddleError, type Payload } from "@heddle/protocol";
import type { Log } from "@heddle/workflow";
import { LeaseLostError } from "./lease-lost-error.js";
import type { OffloadedValueCache } from "./offloaded-value-cache.js";

const RETRY_MS = 500;

/** The offloaded values of the runs of one partition, from memory or from Redis. */
export class OffloadedValueReader {
  private isClosed = false;

  constructor(
    private readonly lease: Lease,
    private readonly around: {
      readonly store: Pick<OwnerStore, "readOffloaded">;
      readonly values: OffloadedValueCache;
      readonly log: Log;
    },
  ) {}

  /**
   * `undefined` when the workflow has no such value. Asks on while Redis does not answer, because the code can neither
   * go on without it nor be told of that. Throws `PayloadNotDecodableError`; `LeaseLostError` once it is closed.
   */
  async read(run: { workflowId: string; runId: string }, valueId: string): Promise<Payload | undefined> {
    const { workflowId, runId } = run;
    const known = this.around.values.get(runId, valueId);
    if (known !== undefined) return known;
    for (;;) {
      try {
        const payload = await this.around.store.readOffloaded(this.lease, { workflowId, valueId });
        if (payload !== undefined) this.around.values.put(runId, valueId, payload);
        return payload;
      } catch (error) {
        if (this.isClosed) throw new LeaseLostError();
        if (!(error instanceof HeddleError && error.retryable)) throw error;
        this.around.log.warn("an offloaded value cannot be read now", { workflowId, runId, valueId });
        await delay(RETRY_MS);
      }
    }
  }

  /** The lease is given up: nobody needs what is still being read. */
  close(): void {
    this.isClosed = true;
  }
}
