import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedRedis, type AppendFsync } from "@heddle/embedded-redis";
import { startContainerRedis } from "./container-redis.js";
import type { TestRedis } from "./test-redis.js";

export interface TestRedisOptions {
  /** Default: "everysec". "always" makes an acknowledged write survive a power cut; a kill loses nothing either way. */
  readonly appendFsync?: AppendFsync;
  /** More of the server's command line, such as ["--maxmemory", "8mb"]. */
  readonly extraArguments?: readonly string[];
}

/** HEDDLE_TEST_REDIS=container runs the server in a container, else it is a local process. */
export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const { appendFsync = "everysec", extraArguments = [] } = options;
  if (process.env["HEDDLE_TEST_REDIS"] === "container") {
    return startContainerRedis({ appendFsync, extraArguments });
  }
  const dataDir = await mkdtemp(join(tmpdir(), "heddle-test-redis-"));
  const start = (port?: number) => startEmbeddedRedis({ dataDir, port, appendFsync, extraArguments });
  let server = await start();
  const { url, port } = server;
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    async kill() {
      process.kill(server.pid, "SIGKILL");
      await server.exited;
    },
    async restart() {
      await server.stop();
      server = await start(port);
    },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
