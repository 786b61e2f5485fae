import type { HeartbeatRequest } from "@heddle/core";
import { encodePayload } from "@heddle/protocol";

type Report = Pick<HeartbeatRequest, "details" | "fromActivity">;

/** What the code of an attempt has reported since the last heartbeat; only the latest details count. */
export class ProgressReport {
  #reported: { details: unknown } | undefined;

  /** Cheap: nothing is encoded or sent here. */
  note(details: unknown): void {
    this.#reported = { details };
  }

  get isPending(): boolean {
    return this.#reported !== undefined;
  }

  /** The report to send now. Details that cannot be serialised are left out and handed to `onUnserialisable`. */
  take(onUnserialisable: (error: unknown) => void): Report & { undelivered: () => void } {
    const reported = this.#reported;
    this.#reported = undefined;
    // A newer report supersedes the one that did not arrive.
    const undelivered = () => void (this.#reported ??= reported);
    if (reported === undefined) return { fromActivity: false, undelivered };
    if (reported.details === undefined) return { fromActivity: true, undelivered };
    try {
      const details = encodePayload(reported.details, { what: "heartbeat details" });
      return { fromActivity: true, details, undelivered };
    } catch (error) {
      onUnserialisable(error);
      return { fromActivity: true, undelivered: () => undefined };
    }
  }
}
