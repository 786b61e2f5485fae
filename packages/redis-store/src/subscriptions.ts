import type { Redis } from "ioredis";

type Handler = (data: Buffer) => void;

/**
 * The one subscriber connection of a store. Messages can be lost while it is away; `onReconnect` says when,
 * so that whoever waits can look for himself.
 */
export class Subscriptions {
  private readonly handlers = new Map<string, Handler>();
  private readonly confirmations = new Map<string, Promise<void>>();
  private readonly confirmed = new Set<string>();
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

  /**
   * Resolves when the server has confirmed, at once when it did before. Rejects when it cannot be asked; then
   * nothing is subscribed, and the next call tries again.
   */
  subscribe(channel: string, handler: Handler): Promise<void> {
    let confirmation = this.confirmations.get(channel);
    if (confirmation === undefined) {
      confirmation = this.confirm(channel, handler);
      this.confirmations.set(channel, confirmation);
    }
    return confirmation;
  }

  /** Whether the server has confirmed the channel. */
  has(channel: string): boolean {
    return this.confirmed.has(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    this.forget(channel);
    await this.client.unsubscribe(channel);
  }

  onReconnect(notify: () => void): () => void {
    this.reconnectHandlers.add(notify);
    return () => this.reconnectHandlers.delete(notify);
  }

  private async confirm(channel: string, handler: Handler): Promise<void> {
    this.handlers.set(channel, handler);
    try {
      await this.client.subscribe(channel);
      this.confirmed.add(channel);
    } catch (error) {
      this.forget(channel);
      throw error;
    }
  }

  private forget(channel: string): void {
    this.handlers.delete(channel);
    this.confirmations.delete(channel);
    this.confirmed.delete(channel);
  }

  /** First the channels, then the news: a message between the two looks would reach nobody. */
  private async announceReconnect(): Promise<void> {
    const channels = [...this.handlers.keys()];
    if (channels.length > 0) await this.client.subscribe(...channels).catch(() => undefined);
    for (const notify of this.reconnectHandlers) notify();
  }
}
