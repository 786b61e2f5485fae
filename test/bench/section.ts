/** What every section is run with: the flags of `npm run bench`, parsed. */
export interface BenchSettings {
  /** Factor on the number of items of each case; 1 is full size. */
  readonly scale: number;
  /** When Redis calls fsync on its append-only file. */
  readonly durability: "everysec" | "always";
  /** Each case is run so often; the median counts. */
  readonly repetitions: number;
  /** Cases to run, as the section names them; without it all. Only a section that says so in `about` heeds it. */
  readonly only?: readonly string[];
}

/** One line of the report. Ratio first: it is what a reader compares, and all that travels between machines. */
export interface CaseResult {
  readonly system: string;
  readonly workload: string;
  readonly durability: "everysec" | "always";
  readonly n: number;
  readonly inFlight?: number;
  readonly perSecond?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly baseline?: string;
  readonly baselinePerSecond?: number;
  /** `perSecond / baselinePerSecond`, or what the section's `about` says. */
  readonly ratio?: number;
  /** In words, such as "≥ 0.8 ×". */
  readonly target?: string;
  /** Only where there is a target. */
  readonly met?: boolean;
  /** Bytes of Redis. */
  readonly bytesPerParked?: number;
  /** CPU time of all Node processes together. */
  readonly cpuMsPerItem?: number;
  readonly redisCpuMsPerItem?: number;
  readonly commandsPerItem?: number;
  /** Everything else, the unit in the name: `coordinatorCpuMsPerItem`. */
  readonly figures?: Readonly<Record<string, number | string>>;
}

/** A part of the benchmark that starts and ends everything it needs, Redis included. */
export interface Section {
  /** As given on the command line. */
  readonly name: string;
  readonly title: string;
  /** What is done and how, as plain text for docs/benchmarks.md. */
  readonly about: string;
  run(settings: BenchSettings, progress: (line: string) => void): Promise<readonly CaseResult[]>;
}
