/** Where messages of EVENT and KAFKA_PUBLISH tasks go. One per provider and configuration. */
export interface MessageSink {
  /**
   * Resolves when the other side has acknowledged the message. Sends it once: an implementation does not repeat what may have
   * arrived.
   */
  publish(message: SinkMessage, signal?: AbortSignal): Promise<void>;
  /** Lets what is under way end. */
  close(): Promise<void>;
}

export interface SinkMessage {
  /** Stable over retries of the caller, for consumers that deduplicate. */
  readonly id: string;
  /** Topic or queue. */
  readonly destination: string;
  readonly key?: string | Buffer | undefined;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
