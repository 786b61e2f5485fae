import type { RedisClient } from "./connection.js";

type Handler = (data: Buffer) => void;

/**
 * The one subscriber connection of a store. Messages can be lost while it is away; `onReconnect` says when,
 * so that whoever waits can look for himself.
 */
export class Subscriptions {
  private readonly handlers = new Map<string, Handler>();
  private readonly reconnectHandlers = new Set<() => void>();
  private wasReady = false;

  constructor(private readonly client: RedisClient) {
    client.on("messageBuffer", (channel: Buffer, data: Buffer) => {
      this.handlers.get(channel.toString("utf8"))?.(data);
    });
    client.on("ready", () => {
      if (this.wasReady) for (const notify of this.reconnectHandlers) notify();
      this.wasReady = true;
    });
  }

  async subscribe(channel: string, handler: Handler): Promise<void> {
    this.handlers.set(channel, handler);
    await this.client.subscribe(channel);
  }

  async unsubscribe(channel: string): Promise<void> {
    this.handlers.delete(channel);
    await this.client.unsubscribe(channel);
  }

  onReconnect(notify: () => void): () => void {
    this.reconnectHandlers.add(notify);
    return () => this.reconnectHandlers.delete(notify);
  }
}
