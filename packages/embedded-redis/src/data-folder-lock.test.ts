import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataFolder } from "./data-folder-lock.js";
import { DataFolderInUseError } from "./errors.js";
import { identifyProcess, isStillRunning } from "./process-identity.js";
import { spawnTethered } from "./tethered-process.js";

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "heddle-lock-"));
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
});

const writeLock = (record: object): Promise<void> =>
  writeFile(join(dataDir, "heddle.lock"), JSON.stringify(record));

async function pidOfEndedProcess(): Promise<number> {
  const ended = spawnTethered({
    command: process.execPath,
    args: ["--version"],
    env: process.env,
    stdout: "ignore",
    stderr: "ignore",
    graceSeconds: 0,
  });
  await ended.exited;
  return ended.pid;
}

test("a folder has one owner at a time and is free after the release", async () => {
  const first = await lockDataFolder(dataDir);
  const refusal = await lockDataFolder(dataDir).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(DataFolderInUseError);
  expect(refusal).toMatchObject({ code: "data_folder_in_use", dataDir, ownerPid: process.pid });
  first.release();
  (await lockDataFolder(dataDir)).release();
  expect(await readdir(dataDir)).toEqual([]);
});

test("of many who take over a stale lock at once exactly one becomes the owner", async () => {
  await writeLock({ id: "stale", owner: { pid: await pidOfEndedProcess() } });
  const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataFolder(dataDir)));
  expect(attempts.filter((attempt) => attempt.status === "fulfilled")).toHaveLength(1);
  expect(await readdir(dataDir)).toEqual(["heddle.lock"]);
});

test("a lock whose pid now belongs to another process is stale", async () => {
  await writeLock({ id: "stale", owner: { pid: process.pid, startedAt: "in an earlier boot" } });
  const lock = await lockDataFolder(dataDir);
  expect(await readFile(join(dataDir, "heddle.lock"), "utf8")).not.toContain("stale");
  lock.release();
});

test("a lock left without content by a power cut is stale", async () => {
  await writeFile(join(dataDir, "heddle.lock"), "");
  (await lockDataFolder(dataDir)).release();
});

test("the server of a dead owner is waited for before its folder is given away", async () => {
  const server = spawnTethered({
    command: process.execPath,
    args: ["-e", "setInterval(() => {}, 1000)"],
    env: process.env,
    stdout: "ignore",
    stderr: "ignore",
    graceSeconds: 0,
  });
  const identity = identifyProcess(server.pid);
  if (identity === undefined) throw new Error("the server is not running");
  await writeLock({ id: "stale", owner: { pid: await pidOfEndedProcess() }, server: identity });
  const taken = lockDataFolder(dataDir).then((lock) => ({ lock, wasRunning: isStillRunning(identity) }));
  server.child.kill("SIGKILL");
  const { lock, wasRunning } = await taken;
  expect(wasRunning).toBe(false);
  lock.release();
});

test("a release by a former owner leaves the lock of the present one", async () => {
  const former = await lockDataFolder(dataDir);
  former.release();
  const present = await lockDataFolder(dataDir);
  former.release();
  await expect(lockDataFolder(dataDir)).rejects.toThrow(DataFolderInUseError);
  present.release();
});
