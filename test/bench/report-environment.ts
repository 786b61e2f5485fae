import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { promisify } from "node:util";
import { startTestRedis } from "@heddle/testkit";
import { Redis } from "ioredis";

/** Where figures come from; without it they mean nothing. */
export interface Environment {
  readonly machine: {
    readonly processor: string;
    /** That this process may use. */
    readonly cores: number;
    readonly memoryGiB: number;
    readonly system: string;
  };
  readonly versions: Readonly<Record<"node" | "redis" | "bullmq" | "ioredis" | "heddle", string>>;
}

export async function readEnvironment(): Promise<Environment> {
  return {
    machine: {
      processor: cpus()[0]?.model.trim() ?? "unknown",
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()}`,
    },
    versions: {
      node: process.versions.node,
      redis: await redisVersion(),
      bullmq: packageVersion("bullmq"),
      ioredis: packageVersion("ioredis"),
      heddle: `${packageVersion("heddle")} (commit ${await commit()})`,
    },
  };
}

async function redisVersion(): Promise<string> {
  const server = await startTestRedis();
  const redis = new Redis(server.url);
  try {
    return /^redis_version:(\S+)/m.exec(await redis.info("server"))?.[1] ?? "unknown";
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

/** Packages seldom export their manifest, so it is looked for above their entrance. */
function packageVersion(name: string): string {
  for (let folder = new URL(".", import.meta.resolve(name)); ; folder = new URL("..", folder)) {
    const manifest = new URL("package.json", folder);
    if (existsSync(manifest)) {
      const content = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string; version?: string };
      if (content.name === name) return content.version ?? "unknown";
    }
    if (folder.pathname === "/") return "unknown";
  }
}

async function commit(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", ["describe", "--always", "--dirty", "--exclude=*"], {
      cwd: import.meta.dirname,
    });
    return stdout.trim();
  } catch {
    // An unpacked archive has no history.
    return "unknown";
  }
}
