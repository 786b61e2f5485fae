import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below the range that systems take outgoing ports from (Linux 32768, others 49152). A port inside that range can be lost
// to any outgoing connection while a server restarts, and a client that reconnects to it can even connect to itself.
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 30_000;
const ATTEMPTS = 100;

/** A loopback port that was free a moment ago. Whoever uses it must be ready to lose it to someone faster. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${LOWEST_PORT} and ${HIGHEST_PORT}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
