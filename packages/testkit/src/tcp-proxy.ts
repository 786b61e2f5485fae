// A proxy that breaks connections the way networks do, to test lost replies and slow links.
import { createConnection, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export interface TcpProxy {
  readonly port: number;
  readonly connectionCount: number;
  /** How much of the server's answers was thrown away; above zero means that a command was applied and its reply lost. */
  readonly droppedReplyBytes: number;
  /**
   * While on, requests reach the server and its replies are thrown away. Turning it off cuts the connections that lost a
   * reply: a TCP stream has no holes, so no client may read the next reply as the lost one.
   */
  dropReplies(on: boolean): void;
  /** Resets every open connection. New ones are accepted. */
  cut(): void;
  /** Delays each chunk, in both directions, by this much; chunks stay in order. */
  setLatencyMs(latencyMs: number): void;
  stop(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  hasLostReply: boolean;
}

export async function startTcpProxy(options: {
  readonly targetPort: number;
  readonly targetHost?: string;
}): Promise<TcpProxy> {
  const links = new Set<Link>();
  let isDropping = false;
  let latencyMs = 0;
  let droppedReplyBytes = 0;

  const listener = createServer((client) => {
    const server = createConnection({ host: options.targetHost ?? "127.0.0.1", port: options.targetPort });
    const link: Link = { client, server, hasLostReply: false };
    links.add(link);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => cutLink(link));
      socket.on("close", () => cutLink(link));
    }
    forward(client, server, () => latencyMs);
    forward(
      server,
      client,
      () => latencyMs,
      (chunk) => {
        if (!isDropping) return false;
        link.hasLostReply = true;
        droppedReplyBytes += chunk.length;
        return true;
      },
    );
  });
  const cutLink = (link: Link): void => {
    links.delete(link);
    link.client.resetAndDestroy();
    link.server.destroy();
  };

  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", resolve);
  });
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    get connectionCount() {
      return links.size;
    },
    get droppedReplyBytes() {
      return droppedReplyBytes;
    },
    dropReplies(on) {
      isDropping = on;
      if (!on) for (const link of links) if (link.hasLostReply) cutLink(link);
    },
    cut() {
      for (const link of links) cutLink(link);
    },
    setLatencyMs(value) {
      latencyMs = value;
    },
    stop() {
      return new Promise((resolve) => {
        listener.close(() => resolve());
        for (const link of links) cutLink(link);
      });
    },
  };
}

/** Carries chunks one way, each after the latency that was set when it arrived. */
function forward(
  from: Socket,
  to: Socket,
  latencyMs: () => number,
  isDropped: (chunk: Buffer) => boolean = () => false,
): void {
  let previous = Promise.resolve();
  from.on("data", (chunk) => {
    if (isDropped(chunk)) return;
    const dueAtMs = Date.now() + latencyMs();
    previous = previous.then(async () => {
      const remainingMs = dueAtMs - Date.now();
      if (remainingMs > 0) await delay(remainingMs);
      if (to.destroyed || to.write(chunk)) return;
      from.pause();
      to.once("drain", () => from.resume());
    });
  });
  from.on("end", () => void previous.then(() => to.end()));
}
