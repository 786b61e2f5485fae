import { monitorEventLoopDelay } from "node:perf_hooks";
import { GCProfiler } from "node:v8";

/** What a Node process has used. Times and bytes count up from the start of the process or of its meter. */
export interface ProcessUsage {
  readonly cpuMs: number;
  /** Bytes of JavaScript heap ever allocated; memory outside of the heap, such as most buffers, is not in it. */
  readonly allocatedBytes: number;
  readonly collectionMs: number;
  /** How late a timer fired, since the sample before. */
  readonly loopDelayP50Ms: number;
  readonly loopDelayP99Ms: number;
}

const RESOLUTION_MS = 5;

/** Watches the process that it is made in, until it is stopped: it keeps a record of each garbage collection. */
export class UsageMeter {
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private collections = startProfiler();
  private collectionMs = 0;
  private heapAfterBytes = process.memoryUsage().heapUsed;
  private allocatedBytes = 0;

  constructor() {
    this.delay.enable();
  }

  sample(): ProcessUsage {
    const { statistics } = this.collections.stop();
    this.collections = startProfiler();
    // The heap grows by what is allocated and shrinks only in a collection: the growth between them is the allocation.
    for (const { beforeGC, afterGC, cost } of statistics) {
      this.heapGrewTo(beforeGC.heapStatistics.usedHeapSize);
      this.heapAfterBytes = afterGC.heapStatistics.usedHeapSize;
      this.collectionMs += cost / 1_000;
    }
    this.heapGrewTo(process.memoryUsage().heapUsed);
    const { user, system } = process.cpuUsage();
    const usage: ProcessUsage = {
      cpuMs: (user + system) / 1_000,
      allocatedBytes: this.allocatedBytes,
      collectionMs: this.collectionMs,
      loopDelayP50Ms: this.delayMs(50),
      loopDelayP99Ms: this.delayMs(99),
    };
    this.delay.reset();
    return usage;
  }

  stop(): void {
    this.collections.stop();
    this.delay.disable();
  }

  private heapGrewTo(bytes: number): void {
    this.allocatedBytes += Math.max(0, bytes - this.heapAfterBytes);
    this.heapAfterBytes = bytes;
  }

  /** The histogram holds the time between two timers, so the wanted pause is in it. */
  private delayMs(percentile: number): number {
    return Math.max(0, this.delay.percentile(percentile) / 1e6 - RESOLUTION_MS);
  }
}

function startProfiler(): GCProfiler {
  const profiler = new GCProfiler();
  profiler.start();
  return profiler;
}
