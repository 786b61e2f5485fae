import { CONTAINER_IMAGE, findFreePort, type AppendFsync } from "@heddle/embedded-redis";
import type { TestRedis } from "./test-redis.js";

const SERVER_PORT = 6379;

/** The same server as a container. A crash is a segmentation fault, because nothing inside can kill process 1. */
export async function startContainerRedis(settings: {
  readonly appendFsync: AppendFsync;
  readonly extraArguments: readonly string[];
}): Promise<TestRedis> {
  // Loaded on demand: it is large, and most runs use a local process.
  const { GenericContainer, Wait } = await import("testcontainers");
  const port = await findFreePort();
  const storage = ["--appendonly", "yes", "--appendfsync", settings.appendFsync, "--save", ""];
  const command = ["valkey-server", "--maxmemory-policy", "noeviction", "--enable-debug-command", "yes"];
  const container = await new GenericContainer(CONTAINER_IMAGE)
    .withExposedPorts({ container: SERVER_PORT, host: port })
    .withCommand([...command, ...storage, ...settings.extraArguments])
    .withAutoRemove(false)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start();
  let isStopped = false;
  return {
    url: `redis://${container.getHost()}:${port}`,
    port,
    get pid(): number {
      throw new Error(
        "a server in a container has no process id here; run without HEDDLE_TEST_REDIS=container",
      );
    },
    async kill() {
      await container.exec(["valkey-cli", "DEBUG", "SEGFAULT"]);
    },
    async restart() {
      await container.restart();
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      await container.stop({ remove: true, removeVolumes: true });
    },
  };
}
