import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What a process holds. */
export interface MemoryUsage {
  readonly residentBytes: number;
  /** JavaScript objects that something refers to, and the buffers that belong to them. */
  readonly heapBytes: number;
}

/** Memory of this process after a full garbage collection, which takes tens of milliseconds. */
export function memoryUsage(): MemoryUsage {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { residentBytes: rss, heapBytes: heapUsed + external };
}

let collect: (() => void) | undefined;

/** The flag is set late because processes are spawned without flags for Node; a new context sees it. */
function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
