import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RedisUnavailableError } from "./errors.js";
import { findExecutables, pathDirectories } from "./executable-search.js";
import { locateRedis } from "./locate-redis.js";
import type { LocateOptions } from "./located-redis.js";
import { startEmbeddedRedis } from "./start-embedded-redis.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-locate-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A machine on which nothing is installed but what the test puts into `bin`. */
function bareMachine(environment: NodeJS.ProcessEnv = {}): LocateOptions {
  const bare = { PATH: join(folder, "bin"), HOME: folder, XDG_CACHE_HOME: join(folder, "cache") };
  return { environment: { ...bare, ...environment }, usualDirectories: [] };
}

async function installScript(name: string, script: string): Promise<string> {
  await mkdir(join(folder, "bin"), { recursive: true });
  const path = join(folder, "bin", name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const unavailable = (options: LocateOptions): Promise<unknown> =>
  locateRedis(options).then(
    (redis) => redis,
    (error: unknown) => error,
  );

test("nothing found and downloads off: the error lists every attempt and how to install Redis", async () => {
  const error = await unavailable({ ...bareMachine({ PATH: "" }), download: false });
  expect(error).toBeInstanceOf(RedisUnavailableError);
  expect(String(error)).toMatch(/No Redis server is available/);
  expect(String(error)).toMatch(/HEDDLE_REDIS_BINARY: not set/);
  expect(String(error)).toMatch(/redis-server or valkey-server on PATH and in usual folders: none found/);
  expect(String(error)).toMatch(/a server unpacked earlier in .*cache/);
  expect(String(error)).toMatch(/Debian's redis-server package/);
  expect(String(error)).toMatch(/docker is not on PATH; podman is not on PATH/);
  if (process.platform === "linux") expect(String(error)).toMatch(/apt-get install redis-server/);
});

test("HEDDLE_REDIS_BINARY is used when it runs, and nothing else is when it does not", async () => {
  const binary = await installScript("my-redis", "echo 'Redis server v=7.2.4 sha=0'");
  await installScript("redis-server", "echo 'Redis server v=7.0.0 sha=0'");
  expect(await locateRedis(bareMachine({ HEDDLE_REDIS_BINARY: binary }))).toMatchObject({
    source: "HEDDLE_REDIS_BINARY",
    path: binary,
    version: "7.2.4",
  });
  const error = await unavailable(bareMachine({ HEDDLE_REDIS_BINARY: "/nowhere/redis" }));
  expect(error).toBeInstanceOf(RedisUnavailableError);
  expect(String(error)).toMatch(/HEDDLE_REDIS_BINARY=\/nowhere\/redis: `--version` failed/);
});

test("an installed server that is too old or does not run is passed over for a usable one", async () => {
  await installScript("redis-server", "echo 'Redis server v=5.0.14 sha=0'");
  const valkey = await installScript("valkey-server", "echo 'Valkey server v=8.1.1 sha=0'");
  expect(await locateRedis(bareMachine())).toMatchObject({ source: "system", path: valkey });

  await installScript("valkey-server", "echo 'version GLIBC_2.99 not found' >&2; exit 1");
  const error = await unavailable({ ...bareMachine(), download: false });
  expect(String(error)).toMatch(/version 5\.0\.14 is older than 7\.0; .*GLIBC_2\.99 not found/);
});

test("a container engine is used when it answers and has or may fetch the image", async () => {
  await installScript("docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
  const podman = await installScript("podman", '[ "$1" = ps ]');
  const announced: string[] = [];
  const announce = (message: string): void => void announced.push(message);
  expect(await locateRedis({ ...bareMachine(), announce })).toMatchObject({
    kind: "container",
    path: podman,
  });
  expect(announced).toEqual([expect.stringMatching(/podman fetches valkey/)]);

  const error = await unavailable({ ...bareMachine({ HEDDLE_NO_DOWNLOAD: "1" }), announce });
  expect(String(error)).toMatch(/Cannot connect to the Docker daemon; podman does not have/);
});

test("without an installed server Debian's package is unpacked once, runs, and is found in the cache later", async () => {
  const everywhere = pathDirectories(process.env);
  const [aptGet] = await findExecutables("apt-get", everywhere);
  if (aptGet === undefined) {
    await installScript("docker", '[ "$1" = ps ]');
    expect(await locateRedis(bareMachine())).toMatchObject({ kind: "container" });
    return;
  }
  // A PATH with all that apt and dpkg call, and without a Redis server.
  await mkdir(join(folder, "bin"));
  for (const directory of everywhere) {
    for (const name of await readdir(directory).catch(() => [])) {
      if (/^(redis|valkey)|^(docker|podman)$/.test(name)) continue;
      await symlink(join(directory, name), join(folder, "bin", name)).catch(() => undefined);
    }
  }
  const announced: string[] = [];
  const options = { ...bareMachine(), announce: (message: string) => void announced.push(message) };
  const redis = await locateRedis(options);
  expect(redis).toMatchObject({ kind: "executable", source: "Debian package" });
  expect(announced).toEqual([expect.stringMatching(/unpacking Debian's redis-server package/)]);
  // Nothing of the work folder is left beside the result.
  expect(await readdir(join(folder, "cache", "heddle"))).toHaveLength(1);

  const server = await startEmbeddedRedis({ ...options, ephemeral: true, download: false });
  expect(server.binary).toMatchObject({ source: "user cache" });
  await server.stop();
  expect(announced).toHaveLength(1);
}, 240_000);
