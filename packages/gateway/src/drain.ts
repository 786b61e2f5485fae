import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** The one-way switch between serving and draining. */
export class Drain {
  #hasBegun = false;
  readonly #listeners = new Set<() => void>();

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Safe to repeat. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  /** Calls once when draining begins. The returned function takes the listener back. */
  onBegin(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/**
 * While draining, every reply ends its connection. Without it a keep-alive connection that was busy when the server
 * closed stays open for the keep-alive time-out (72 s), and `close()` waits for it.
 */
export function closeConnectionsWhileDraining(app: FastifyInstance, drain: Drain): void {
  // Whoever closes without draining first would wait just as long.
  app.addHook("preClose", (done) => {
    drain.begin();
    done();
  });
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (drain.hasBegun) void reply.header("connection", "close");
    done();
  });
}

/**
 * Ends connections on which nothing was ever sent, such as browsers and load balancers keep in reserve, when the server
 * closes. It waits for them otherwise, because it takes them for requests that have just begun.
 */
export function endUnusedConnections(app: FastifyInstance): void {
  const open = new Set<Socket>();
  app.server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  app.addHook("preClose", (done) => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
}
