import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { lockDataFolder, type DataFolderLock } from "./data-folder-lock.js";
import { RedisStartError } from "./errors.js";
import { findFreePort } from "./free-port.js";
import { locateRedis } from "./locate-redis.js";
import type { LocatedRedis, LocateOptions } from "./located-redis.js";
import type { AppendFsync } from "./server-command.js";
import { launchServer } from "./server-process.js";
import { stopTethered, type ProcessExit, type TetheredProcess } from "./tethered-process.js";

const DEFAULT_DATA_DIR = join(".heddle", "redis");
const PORT_ATTEMPTS = 10;
const STOP_DEADLINE_MS = 10_000;

export interface EmbeddedRedisOptions extends LocateOptions {
  /** Default: `.heddle/redis` below the working folder, or a temporary folder when ephemeral. Created when missing. */
  readonly dataDir?: string | undefined;
  /** Default: a free one. A given port is not retried on another. */
  readonly port?: number | undefined;
  /** When an acknowledged write is on disk. Default: "everysec". */
  readonly appendFsync?: AppendFsync | undefined;
  /** A temporary data folder, removed by stop(). A given dataDir is never removed. */
  readonly ephemeral?: boolean | undefined;
  /** More of the server's command line, such as ["--maxmemory", "64mb"]; wins over the settings made here. */
  readonly extraArguments?: readonly string[] | undefined;
}

export interface EmbeddedRedis {
  readonly url: string;
  readonly port: number;
  /** The server itself, or the container engine's client when it runs in a container. */
  readonly pid: number;
  readonly dataDir: string;
  readonly binary: LocatedRedis;
  /** Settles when the server is gone, wanted or not. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** SIGTERM, SIGKILL after 10 s. Resolves when the server is gone and the data folder is free. Safe to repeat. */
  stop(): Promise<void>;
}

/**
 * Runs a Redis server on a loopback port as a child of this process. The server ends with this process, also when that is
 * killed; it does not keep this process running.
 *
 * @throws RedisUnavailableError when there is no server to run
 * @throws DataFolderInUseError when another live process owns the data folder
 * @throws RedisStartError when the server does not answer; its log is in the message
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions = {}): Promise<EmbeddedRedis> {
  const binary = await locateRedis(options);
  const isTemporary = options.ephemeral === true && options.dataDir === undefined;
  const dataDir = isTemporary
    ? await mkdtemp(join(tmpdir(), "heddle-redis-"))
    : resolve(options.dataDir ?? DEFAULT_DATA_DIR);
  await mkdir(dataDir, { recursive: true });
  const removeTemporary = async (): Promise<void> => {
    if (isTemporary) await rm(dataDir, { recursive: true, force: true });
  };

  try {
    const lock = await lockDataFolder(dataDir);
    const { server, port } = await launchOnFreePort(binary, dataDir, options, lock);
    const exited = server.exited.then((exit) => {
      lock.release();
      return exit;
    });
    const stop = async (): Promise<void> => {
      await stopTethered(server, STOP_DEADLINE_MS);
      await exited;
      await removeTemporary();
    };
    return { url: `redis://127.0.0.1:${port}`, port, pid: server.pid, dataDir, binary, exited, stop };
  } catch (error) {
    await removeTemporary();
    throw error;
  }
}

/** Releases the lock when it throws. */
async function launchOnFreePort(
  binary: LocatedRedis,
  dataDir: string,
  options: EmbeddedRedisOptions,
  lock: DataFolderLock,
): Promise<{ server: TetheredProcess; port: number }> {
  const appendFsync = options.appendFsync ?? "everysec";
  const extraArguments = options.extraArguments ?? [];
  try {
    for (let attempt = 1; attempt <= PORT_ATTEMPTS; attempt += 1) {
      const port = options.port ?? (await findFreePort());
      const launch = await launchServer(binary, { dataDir, port, appendFsync, extraArguments }, lock);
      if (launch.outcome === "ready") return { server: launch.server, port };
      if (options.port !== undefined) throw new RedisStartError(`port ${port} is taken`, "");
    }
    throw new RedisStartError(
      `${PORT_ATTEMPTS} free ports were taken by others before the server had them`,
      "",
    );
  } catch (error) {
    lock.release();
    throw error;
  }
}
