import { Redis } from "ioredis";

/** The client's end of a channel on which processes publish the ids of finished items. */
export class ResultListener {
  private readonly waiting = new Map<string, () => void>();

  private constructor(private readonly subscriber: Redis) {
    subscriber.on("message", (_channel, id: string) => {
      this.waiting.get(id)?.();
      this.waiting.delete(id);
    });
  }

  static async open(url: string, channel: string): Promise<ResultListener> {
    const subscriber = new Redis(url);
    await subscriber.subscribe(channel);
    return new ResultListener(subscriber);
  }

  /** To be called before the item begins: what was published earlier is not kept. */
  result(id: string): Promise<void> {
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  close(): void {
    this.subscriber.disconnect();
  }
}
