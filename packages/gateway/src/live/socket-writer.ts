import type { ServerResponse } from "node:http";

/** The reader hung up, or was cut off because it took nothing for too long. */
export class ReaderGoneError extends Error {}

/** After the last event: how long a reader may take to fetch it. */
const FLUSH_MS = 1_000;

/** Writes to a reader no faster than it reads, and cuts it off when it does not read at all. */
export class SocketWriter {
  #isBusy = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly limits: { readonly stalledMs: number; readonly over: AbortSignal },
  ) {
    // Told by the next write.
    response.on("error", () => undefined);
  }

  /** Whether what was written last is still to be taken. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /**
   * Resolves when the reader has taken so much that more may be written. Rejects with `ReaderGoneError`, and with the
   * reason of `over` when it aborts meanwhile.
   */
  async write(text: string): Promise<void> {
    const { response } = this;
    if (response.destroyed || response.writableEnded) throw new ReaderGoneError();
    if (response.write(text)) return;
    this.#isBusy = true;
    try {
      await this.taken();
    } finally {
      this.#isBusy = false;
    }
  }

  /** Writes without waiting, for what may be lost with the reader. */
  async writeLast(text: string): Promise<void> {
    const { response } = this;
    if (!response.destroyed && !response.writableEnded) response.write(text);
    await this.end();
  }

  /** Resolves when everything is sent, or the reader is gone or too slow for it. */
  async end(): Promise<void> {
    const { response } = this;
    if (response.writableFinished || response.destroyed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => response.destroy(), FLUSH_MS);
      response.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      response.end();
    });
  }

  private taken(): Promise<void> {
    const { response } = this;
    const { stalledMs, over } = this.limits;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => response.destroy(), stalledMs);
      const settle = (finish: () => void) => (): void => {
        clearTimeout(timer);
        response.off("drain", onDrain);
        response.off("close", onClose);
        over.removeEventListener("abort", onOver);
        finish();
      };
      const onDrain = settle(resolve);
      const onClose = settle(() => reject(new ReaderGoneError()));
      const onOver = settle(() => reject(over.reason as Error));
      over.addEventListener("abort", onOver);
      response.once("drain", onDrain);
      response.once("close", onClose);
    });
  }
}
