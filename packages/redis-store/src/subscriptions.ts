import type { Redis } from "ioredis";

type Handler = (data: Buffer) => void;

/**
 * The one subscriber connection of a store. Messages can be lost while it is away; `onReconnect` says when,
 * so that whoever waits can look for himself.
 */
export class Subscriptions {
  private readonly handlers = new Map<string, Handler>();
  private readonly reconnectHandlers = new Set<() => void>();
  private wasReady: boolean;

  constructor(private readonly client: Redis) {
    this.wasReady = client.status === "ready";
    client.on("messageBuffer", (channel: Buffer, data: Buffer) => {
      this.handlers.get(channel.toString("utf8"))?.(data);
    });
    client.on("ready", () => {
      if (this.wasReady) void this.announceReconnect();
      this.wasReady = true;
    });
  }

  /** Resolves when the server has confirmed. Rejects when it cannot be asked; then nothing is subscribed. */
  async subscribe(channel: string, handler: Handler): Promise<void> {
    this.handlers.set(channel, handler);
    try {
      await this.client.subscribe(channel);
    } catch (error) {
      this.handlers.delete(channel);
      throw error;
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    this.handlers.delete(channel);
    await this.client.unsubscribe(channel);
  }

  onReconnect(notify: () => void): () => void {
    this.reconnectHandlers.add(notify);
    return () => this.reconnectHandlers.delete(notify);
  }

  /** First the channels, then the news: a message between the two looks would reach nobody. */
  private async announceReconnect(): Promise<void> {
    const channels = [...this.handlers.keys()];
    if (channels.length > 0) await this.client.subscribe(...channels).catch(() => undefined);
    for (const notify of this.reconnectHandlers) notify();
  }
}
