import type { LocatedRedis } from "./located-redis.js";

export type AppendFsync = "everysec" | "always" | "no";

export interface ServerSettings {
  readonly dataDir: string;
  readonly port: number;
  readonly appendFsync: AppendFsync;
  /** Last on the command line, so they win over ours. */
  readonly extraArguments: readonly string[];
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

// Inside a container the port is published on the host's loopback only; the server must accept the bridge.
const CONTAINER_DATA_DIR = "/data";
const CONTAINER_PORT = 6379;

/** The command line of a server that keeps an append-only file and never evicts, reachable from this machine only. */
export function serverCommand(redis: LocatedRedis, settings: ServerSettings): ServerCommand {
  if (redis.kind === "executable") {
    const network = ["--bind", "127.0.0.1", "--port", String(settings.port), "--dir", settings.dataDir];
    return {
      command: redis.path,
      args: [...network, ...storageArguments(settings), ...settings.extraArguments],
      environment: redis.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: redis.libraryPath },
    };
  }
  const user =
    process.getuid?.() === undefined ? [] : ["--user", `${process.getuid()}:${process.getgid?.()}`];
  const container = [
    "run",
    "--rm",
    ...user,
    "--publish",
    `127.0.0.1:${settings.port}:${CONTAINER_PORT}`,
    "--volume",
    `${settings.dataDir}:${CONTAINER_DATA_DIR}`,
    redis.image,
    "valkey-server",
  ];
  const network = ["--bind", "0.0.0.0", "--protected-mode", "no", "--dir", CONTAINER_DATA_DIR];
  return {
    command: redis.path,
    args: [...container, ...network, ...storageArguments(settings), ...settings.extraArguments],
    environment: {},
  };
}

// BullMQ and our own scripts need `noeviction`: a missing key would read as "never happened".
function storageArguments({ appendFsync }: ServerSettings): string[] {
  const appendOnly = ["--appendonly", "yes", "--appendfsync", appendFsync];
  return [...appendOnly, "--maxmemory-policy", "noeviction", "--save", ""];
}
