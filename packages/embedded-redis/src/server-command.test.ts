import { expect, test } from "vitest";
import { serverCommand } from "./server-command.js";

const settings = {
  dataDir: "/srv/data",
  port: 7000,
  appendFsync: "always",
  extraArguments: ["--maxmemory", "1gb"],
} as const;

test("an executable gets its own libraries, a loopback address and an append-only file", () => {
  const redis = {
    kind: "executable",
    source: "user cache",
    path: "/c/redis-server",
    version: "7.0.15",
  } as const;
  const { command, args, environment } = serverCommand({ ...redis, libraryPath: "/c/lib" }, settings);
  expect(command).toBe("/c/redis-server");
  expect(environment).toEqual({ LD_LIBRARY_PATH: "/c/lib" });
  expect(args.join(" ")).toBe(
    "--bind 127.0.0.1 --port 7000 --dir /srv/data --appendonly yes --appendfsync always " +
      "--maxmemory-policy noeviction --save  --maxmemory 1gb",
  );
});

test("a container publishes its port on loopback only and keeps the data in the given folder", () => {
  const redis = {
    kind: "container",
    source: "container engine",
    path: "/bin/docker",
    image: "valkey:x",
  } as const;
  const { command, args } = serverCommand(redis, settings);
  const line = args.join(" ");
  expect(command).toBe("/bin/docker");
  expect(line).toContain("--publish 127.0.0.1:7000:6379 --volume /srv/data:/data valkey:x valkey-server");
  expect(line).toContain("--dir /data --appendonly yes");
});
