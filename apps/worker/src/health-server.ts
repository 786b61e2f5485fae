import { createServer, type Server } from "node:http";

export interface Health {
  /** False only when a restart of the process would help; never because Redis is away, or an outage restarts the fleet. */
  readonly isAlive: boolean;
  readonly isReady: boolean;
  readonly details: unknown;
}

/** Serves `/livez` and `/readyz`: 200 or 503, with the details as JSON. Rejects when the port is taken. */
export function startHealthServer(port: number, health: () => Health): Promise<Server> {
  const server = createServer((request, response) => {
    const { isAlive, isReady, details } = health();
    const answers: Record<string, boolean> = { "/livez": isAlive, "/readyz": isReady };
    const path = new URL(request.url ?? "/", "http://health").pathname;
    const isGood = answers[path];
    response.writeHead(isGood === undefined ? 404 : isGood ? 200 : 503, {
      "content-type": "application/json",
    });
    response.end(JSON.stringify(isGood === undefined ? { paths: Object.keys(answers) } : details));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => resolve(server));
  });
}
