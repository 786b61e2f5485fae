import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataFolderInUseError, RedisStartError } from "./errors.js";
import { identifyProcess, isStillRunning } from "./process-identity.js";
import { startEmbeddedRedis, type EmbeddedRedis } from "./start-embedded-redis.js";

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "heddle-data-"));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

/** Sends one command and resolves with the whole raw reply. */
function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    let reply = "";
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (reply += text));
    socket.once("error", reject);
    socket.once("close", () => resolve(reply.replace("+OK\r\n", "")));
    socket.end(`${command}\r\nQUIT\r\n`);
  });
}

const setting = async (port: number, name: string): Promise<string | undefined> =>
  (await ask(port, `CONFIG GET ${name}`)).split("\r\n")[4];

/** A process of its own that owns the data folder, starts a server and then behaves as told. */
async function startOwner(
  afterwards: string,
): Promise<{ owner: ReturnType<typeof spawn>; pid: number; port: number }> {
  const source = new URL("./start-embedded-redis.ts", import.meta.url).href;
  const script = `
    const { startEmbeddedRedis } = await import(${JSON.stringify(source)});
    const { pid, port } = await startEmbeddedRedis({ dataDir: ${JSON.stringify(dataDir)}, appendFsync: "always" });
    console.log(JSON.stringify({ pid, port }));
    ${afterwards}`;
  const owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(owner.stdout), "line")) as [string];
  return { owner, ...(JSON.parse(line) as { pid: number; port: number }) };
}

async function whenRefused(port: number): Promise<void> {
  for (;;) {
    const isOpen = await ask(port, "PING").then(
      () => true,
      () => false,
    );
    if (!isOpen) return;
  }
}

test("the server listens on loopback, keeps an append-only file and never evicts", async () => {
  const redis = await startEmbeddedRedis({ dataDir });
  expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
  expect(await ask(redis.port, "INFO server")).toContain(`process_id:${redis.pid}\r\n`);
  expect(await setting(redis.port, "bind")).toBe("127.0.0.1");
  expect(await setting(redis.port, "appendonly")).toBe("yes");
  expect(await setting(redis.port, "appendfsync")).toBe("everysec");
  expect(await setting(redis.port, "maxmemory-policy")).toBe("noeviction");
  expect(await setting(redis.port, "save")).toBe("");
  await redis.stop();
});

test("extra arguments win over the settings made here", async () => {
  const extraArguments = ["--maxmemory-policy", "allkeys-lru"];
  const redis = await startEmbeddedRedis({ dataDir, extraArguments, appendFsync: "always" });
  expect(await setting(redis.port, "appendfsync")).toBe("always");
  expect(await setting(redis.port, "maxmemory-policy")).toBe("allkeys-lru");
  await redis.stop();
});

test("data survive a stop and a start, and a crash of the server", async () => {
  const first = await startEmbeddedRedis({ dataDir });
  await ask(first.port, "SET thread weft");
  await first.stop();
  const second = await startEmbeddedRedis({ dataDir, appendFsync: "always" });
  expect(await ask(second.port, "GET thread")).toContain("weft");
  await ask(second.port, "SET thread warp");
  process.kill(second.pid, "SIGKILL");
  expect(await second.exited).toEqual({ code: null, signal: "SIGKILL" });
  const third = await startEmbeddedRedis({ dataDir });
  expect(await ask(third.port, "GET thread")).toContain("warp");
  await third.stop();
});

test("a second owner of the data folder is refused in this process and in another one", async () => {
  const here = await startEmbeddedRedis({ dataDir });
  await expect(startEmbeddedRedis({ dataDir })).rejects.toThrow(DataFolderInUseError);
  await here.stop();

  const elsewhere = await startOwner("setInterval(() => {}, 1000)");
  await expect(startEmbeddedRedis({ dataDir })).rejects.toMatchObject({
    code: "data_folder_in_use",
    ownerPid: elsewhere.owner.pid,
  });
  await killed(elsewhere.owner);
  await (await startEmbeddedRedis({ dataDir })).stop();
});

/** Until this process has reaped it, a killed child still counts as running. */
async function killed(owner: ChildProcess): Promise<void> {
  const exited = once(owner, "exit");
  owner.kill("SIGKILL");
  await exited;
}

test("when the owner is killed its server ends, and the next owner finds folder and data", async () => {
  const { owner, pid, port } = await startOwner("setInterval(() => {}, 1000)");
  const server = identifyProcess(pid);
  if (server === undefined) throw new Error("the server is not running");
  await ask(port, "SET thread weft");
  await killed(owner);
  const next = await startEmbeddedRedis({ dataDir });
  expect(isStillRunning(server)).toBe(false);
  await whenRefused(port);
  expect(await ask(next.port, "GET thread")).toContain("weft");
  await next.stop();
});

test("a server that nobody stopped does not keep its owner alive and ends with it", async () => {
  const { owner, port } = await startOwner("");
  if (owner.exitCode === null) await once(owner, "exit");
  expect(owner.exitCode).toBe(0);
  await whenRefused(port);
});

test("an ephemeral server leaves no files, and stopping may be repeated", async () => {
  const redis = await startEmbeddedRedis({ ephemeral: true });
  await access(join(redis.dataDir, "heddle.lock"));
  await redis.stop();
  await redis.stop();
  await expect(access(redis.dataDir)).rejects.toThrow("ENOENT");
});

test("a given port that is taken is an error that says so, and frees the folder", async () => {
  const stranger = createServer();
  stranger.listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const address = stranger.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  await expect(startEmbeddedRedis({ dataDir, port: address.port })).rejects.toThrow(/port \d+ is taken/);
  stranger.close();
  const redis = await startEmbeddedRedis({ dataDir, port: address.port });
  expect(redis.port).toBe(address.port);
  await redis.stop();
});

test("another Redis on the given port is not mistaken for ours, with a password or without", async () => {
  const stranger = await startEmbeddedRedis({ ephemeral: true });
  await expect(startEmbeddedRedis({ dataDir, port: stranger.port })).rejects.toThrow(/is taken/);
  await ask(stranger.port, "CONFIG SET requirepass secret");
  await expect(startEmbeddedRedis({ dataDir, port: stranger.port })).rejects.toThrow(/is taken/);
  await stranger.stop();
});

test("a server that refuses its arguments is an error with its log", async () => {
  const refusal = await startEmbeddedRedis({ dataDir, extraArguments: ["--no-such-setting", "1"] }).catch(
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(RedisStartError);
  expect(String(refusal)).toMatch(/it ended with code 1[^]*no-such-setting/);
  const locked = startEmbeddedRedis({ dataDir, extraArguments: ["--requirepass", "secret"] });
  await expect(locked).rejects.toThrow(/it answered -NOAUTH/);
});

test("many servers started at once all get a port of their own", async () => {
  const servers: EmbeddedRedis[] = await Promise.all(
    Array.from({ length: 6 }, () => startEmbeddedRedis({ ephemeral: true })),
  );
  expect(new Set(servers.map(({ port }) => port)).size).toBe(6);
  await Promise.all(servers.map((server) => server.stop()));
});
