import type { BenchProcess } from "./bench-process.js";

/** Something that is measured: the system or a baseline. This process is the client of each. */
export interface Contender {
  readonly name: string;
  /** Its processes besides this one. */
  readonly processes: readonly BenchProcess[];
  /** Makes what must exist before the clock runs, such as parked workflows. */
  prepare?(ids: readonly string[]): Promise<void>;
  /** Does one item; resolves when the client knows that it is done. */
  run(id: string): Promise<unknown>;
  stop(): Promise<void>;
}
