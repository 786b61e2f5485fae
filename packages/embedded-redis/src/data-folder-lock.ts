import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DataFolderInUseError } from "./errors.js";
import { identifyProcess, isStillRunning, type ProcessIdentity } from "./process-identity.js";

const LOCK_FILE = "heddle.lock";
// Longer than the tether gives a server whose owner was killed (see server-process.ts).
const ORPHAN_DEADLINE_MS = 15_000;

interface LockRecord {
  readonly id: string;
  readonly owner: ProcessIdentity;
  readonly server?: ProcessIdentity;
}

export interface DataFolderLock {
  /** Must follow the spawn without an await between them, so that no kill can part the server from its record. */
  recordServer(pid: number): void;
  /** Safe to repeat. */
  release(): void;
}

/**
 * Makes this process the one owner of a data folder. The lock of a dead owner is taken over once its server is gone too.
 * It holds among the processes of one machine; containers that share a volume do not see each other's processes.
 *
 * @throws DataFolderInUseError when the owner, or the server of a dead owner, stays alive
 */
export async function lockDataFolder(dataDir: string): Promise<DataFolderLock> {
  const path = join(dataDir, LOCK_FILE);
  const mine: LockRecord = { id: randomUUID(), owner: identifyProcess(process.pid) ?? { pid: process.pid } };
  const draft = `${path}.${mine.id}`;
  try {
    writeFileSync(draft, JSON.stringify(mine));
    while (!createExclusively(draft, path)) {
      const text = readIfPresent(path);
      if (text === undefined) continue;
      const holder = parseLock(text);
      if (holder !== undefined) {
        if (isStillRunning(holder.owner)) throw new DataFolderInUseError(dataDir, holder.owner.pid);
        await serverIsGone(dataDir, holder);
      }
      removeStaleLock(path, text);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    recordServer(pid) {
      const server = identifyProcess(pid) ?? { pid };
      writeFileSync(draft, JSON.stringify({ ...mine, server }));
      renameSync(draft, path);
    },
    release() {
      const text = readIfPresent(path);
      if (text !== undefined && parseLock(text)?.id === mine.id) rmSync(path, { force: true });
    },
  };
}

/** Linking a written file: the lock appears whole or not at all, so no reader sees half a record. */
function createExclusively(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isErrorCode(error, "EEXIST")) return false;
    throw error;
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrorCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Undefined for a file that a power cut left without its content: nobody who runs now wrote it. */
function parseLock(text: string): LockRecord | undefined {
  try {
    return JSON.parse(text) as LockRecord;
  } catch {
    return undefined;
  }
}

async function serverIsGone(dataDir: string, { server }: LockRecord): Promise<void> {
  if (server === undefined) return;
  const deadline = Date.now() + ORPHAN_DEADLINE_MS;
  while (isStillRunning(server)) {
    if (Date.now() > deadline) throw new DataFolderInUseError(dataDir, server.pid);
    await delay(25);
  }
}

/** Renaming decides between two processes that take over at once; a fresh lock caught by mistake is put back. */
function removeStaleLock(path: string, staleText: string): void {
  const removed = `${path}.${randomUUID()}`;
  try {
    renameSync(path, removed);
  } catch (error) {
    if (isErrorCode(error, "ENOENT")) return;
    throw error;
  }
  if (readIfPresent(removed) !== staleText) createExclusively(removed, path);
  rmSync(removed, { force: true });
}

function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
