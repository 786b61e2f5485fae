// A line to Redis on which scripts can be answered with an error instead of being run: for states that a healthy server
// cannot be brought into.
import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";

export interface RefusingServer {
  readonly port: number;
  /** While set, scripts do not reach the server; each is answered with this error. */
  refuseWith(error: string | undefined): void;
  stop(): Promise<void>;
}

export async function startRefusingServer(targetPort: number): Promise<RefusingServer> {
  const sockets = new Set<Socket>();
  let refusal: string | undefined;
  const listener = createServer((client) => {
    const server = createConnection({ host: "127.0.0.1", port: targetPort });
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    server.on("data", (chunk) => client.write(chunk));
    client.on("data", (chunk) => {
      if (refusal === undefined || !chunk.includes("EVAL")) server.write(chunk);
      else client.write(`-${refusal}\r\n`.repeat(commandsIn(chunk)));
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    refuseWith: (error) => void (refusal = error),
    stop: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A command is a list of texts, `*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n`; those of the tests are small and arrive whole. */
function commandsIn(chunk: Buffer): number {
  const text = chunk.toString("latin1");
  let at = 0;
  const numberBehind = (sign: "*" | "$"): number => {
    const end = text.indexOf("\r\n", at);
    if (text.charAt(at) !== sign || end < 0) throw new Error(`there is no ${sign} at ${at} of ${text}`);
    const number = Number(text.slice(at + 1, end));
    at = end + 2;
    return number;
  };
  let count = 0;
  for (; at < text.length; count++) {
    for (let parts = numberBehind("*"); parts > 0; parts--) {
      const length = numberBehind("$");
      at += length + 2;
    }
  }
  return count;
}
