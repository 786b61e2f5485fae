import { randomUUID } from "node:crypto";
import type { AccessStore } from "@heddle/core";
import type { Logger } from "@heddle/telemetry";

/** Who did what to which object, and how it ended. */
export interface AuditRecord {
  readonly time: string;
  readonly who: string;
  readonly address: string;
  /** Operation id of the API. */
  readonly operation: string;
  /** Workflow or key id. */
  readonly object?: string | undefined;
  /** Name of the signal, update or webhook, or reference of the activity. */
  readonly name?: string | undefined;
  readonly requestId: string;
  readonly status: number;
  /** Error code of a call that was refused or failed. */
  readonly code?: string | undefined;
}

const BATCH_MS = 100;
const RETRY_MS = 1_000;
/** Of the last attempt, so that an outage of Redis does not hold up the end of the process. */
const CLOSE_MS = 2_000;
const MOST_OF_A_BATCH = 200;
const MOST_WAITING = 10_000;

/**
 * Writes each record to the log at once, and soon afterwards to a stream that admins can read over HTTP. The log is
 * complete; the stream is capped, and lacks what could not be appended before this process ended.
 */
export class AuditTrail {
  readonly #log: Logger;
  #waiting: string[] = [];
  #batch: { readonly id: string; readonly entries: readonly string[] } | undefined;
  #appending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    private readonly store: Pick<AccessStore, "appendAudit">,
    log: Logger,
    private readonly keep: number,
  ) {
    this.#log = log.child(
      { channel: "audit" },
      {
        // Complete whatever level the rest of the log has.
        level: log.level === "silent" ? "silent" : "info",
        // A record has no secret fields, and to seek them would cost more than to write it.
        redact: [],
      },
    );
  }

  write(record: AuditRecord): void {
    this.#log.info({ audit: record }, "audit");
    this.#waiting.push(JSON.stringify(record));
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting = this.#waiting.slice(MOST_OF_A_BATCH);
      this.#log.warn({ entries: MOST_OF_A_BATCH }, "audit entries are in this log only");
    }
    this.#appendAfter(BATCH_MS);
  }

  /** Tries once more to append what waits, for a short time. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    await Promise.race([Promise.resolve(this.#appending).then(() => this.#appendAll()), late]);
    clearTimeout(timer);
  }

  #appendAfter(ms: number): void {
    if (this.#timer !== undefined || this.#appending !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#appending = this.#appendAll().finally(() => {
        this.#appending = undefined;
        if (this.#batch !== undefined) this.#appendAfter(RETRY_MS);
        else if (this.#waiting.length > 0) this.#appendAfter(BATCH_MS);
      });
    }, ms);
    this.#timer.unref();
  }

  async #appendAll(): Promise<void> {
    while (this.#batch !== undefined || this.#waiting.length > 0) {
      // A batch that failed keeps its id, because it may have been appended.
      this.#batch ??= { id: randomUUID(), entries: this.#waiting.splice(0, MOST_OF_A_BATCH) };
      try {
        await this.store.appendAudit({ ...this.#batch, keep: this.keep });
        this.#batch = undefined;
      } catch (err) {
        this.#log.warn({ err }, "audit entries not appended, trying again");
        return;
      }
    }
  }
}
