// `npm start`: the processes of the demo, kept up until Ctrl-C or SIGTERM.
import { createServer } from "node:net";
import { relative, resolve } from "node:path";
import { findFreePort, resolveRedisUrl } from "@heddle/embedded-redis";
import { Fleet } from "./fleet.js";

const PREFERRED_PORT = 8_080;
const logFolder = resolve(".heddle", "start");

// Listened to from the first moment, so that nothing is left behind by an early Ctrl-C.
const asked = new Promise<NodeJS.Signals>((ask) => {
  process.once("SIGINT", () => ask("SIGINT"));
  process.once("SIGTERM", () => ask("SIGTERM"));
});

try {
  const redis = await resolveRedisUrl({ announce: (message) => console.log(message) });
  try {
    const fleet = await Fleet.start({
      redisUrl: redis.url,
      namespace: "default",
      leaseTtlMs: 3_000,
      gatewayPort: (await isFree(PREFERRED_PORT)) ? PREFERRED_PORT : await findFreePort(),
      logFolder,
      drainSeconds: 20,
    });
    welcome(
      fleet,
      redis.embedded === undefined ? "REDIS_URL" : `its data are in ${shown(redis.embedded.dataDir)}`,
    );
    fleet.keepUp((news) => console.log(news));
    await Promise.race([asked, redis.embedded?.exited ?? asked]);
    console.log("\nStopping: work in hand is finished or handed over ...");
    await fleet.stop();
  } finally {
    await redis.stop();
  }
  console.log("Stopped.");
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function welcome(fleet: Fleet, redis: string): void {
  const api = `${fleet.url}/api/v1/workflows`;
  const json = "-H 'content-type: application/json'";
  console.log(`
Heddle is up.

  API          ${fleet.url}
  OpenAPI      ${fleet.url}/openapi.json
  Health       ${fleet.url}/readyz
  Redis        ${redis}
  Logs         ${shown(logFolder)}
  Processes    ${fleet
    .processes()
    .map(({ name, pid }) => `${name} ${pid}`)
    .join(" · ")}

Try:

  curl ${api} ${json} \\
    -d '{"type":"approval","id":"order-1","input":{"orderId":"1","amount":42}}'
  curl ${api}/order-1
  curl ${api}/order-1/queries/phase ${json} -d '{}'
  curl ${api}/order-1/signals/approval ${json} \\
    -d '{"payload":{"approved":true,"by":"ada"},"signalId":"click-1"}'
  curl '${api}/order-1/result?waitMs=30000'

Kill any of the processes with kill -9: nothing that was accepted is lost. Ctrl-C ends all.
`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolved) => {
    const server = createServer();
    server.once("error", () => resolved(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolved(true)));
  });
}

function shown(path: string): string {
  return relative(process.cwd(), path);
}
