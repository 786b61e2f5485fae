import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process id with the start of its process: ids are reused, and a restarted container hands out the same ones again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; undefined where the system does not tell. */
  readonly startedAt?: string;
}

/** The process that has this id now, or undefined when none is running (a zombie does not run). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (process.platform === "linux") return identifyByProcFolder(pid);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return undefined;
  }
  if (process.platform === "win32") return { pid };
  try {
    const startedAt = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return { pid, startedAt };
  } catch {
    return { pid };
  }
}

export function isStillRunning(identity: ProcessIdentity): boolean {
  const current = identifyProcess(identity.pid);
  if (current === undefined) return false;
  return (
    identity.startedAt === undefined ||
    current.startedAt === undefined ||
    identity.startedAt === current.startedAt
  );
}

function identifyByProcFolder(pid: number): ProcessIdentity | undefined {
  let stat: string;
  let bootId: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return undefined;
  }
  // The command name is in parentheses and may itself hold spaces and parentheses; proc(5) counts fields from 1.
  const fieldsFromState = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fieldsFromState;
  const startTicks = fieldsFromState[19];
  if (state === "Z" || state === "X" || startTicks === undefined) return undefined;
  return { pid, startedAt: `${bootId}:${startTicks}` };
}
