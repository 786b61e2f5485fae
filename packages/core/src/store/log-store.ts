/** Small logs that others keep here about their work. */
export interface LogStore {
  /** Adds lines; of a log the last thousand stay, for a week. `operationId` makes it safe to repeat. */
  appendLog(request: {
    readonly logId: string;
    readonly operationId: string;
    readonly lines: readonly LogLine[];
  }): Promise<void>;
  /** Oldest first. */
  readLog(logId: string): Promise<readonly LogLine[]>;
}

export interface LogLine {
  readonly text: string;
  /** Epoch ms. */
  readonly atMs: number;
}
