import type { ErrorCode, Payload } from "@heddle/protocol";

/** A job of the ingestion queue that was refused: kept until somebody redrives or deletes it. */
export interface DeadLetter {
  /** Made of name, job id and data: the same job refused again is the same dead letter. */
  readonly id: string;
  /** What the job was called; anything, when that is what is wrong with it. */
  readonly name: string;
  readonly jobId: string;
  /** Why it was refused, the last time. */
  readonly code: ErrorCode;
  readonly message: string;
  /** When it was refused, the last time; epoch ms. */
  readonly refusedAtMs: number;
  /** Size of the job's data as text. */
  readonly dataBytes: number;
}

export interface StoredDeadLetter extends DeadLetter {
  /** The job's data: a payload that is JSON text, character for character as it was put on the queue. */
  readonly data: Payload;
}

export interface DeadLetterPage {
  readonly items: readonly DeadLetter[];
  /** Of all pages. */
  readonly total: number;
  /** Continues behind the last item; undefined on the last page. */
  readonly cursor: string | undefined;
}

/** What ingestion refused, for all gateways of a namespace. */
export interface DeadLetterStore {
  /**
   * Keeps a letter, or the new reason of one that is kept already. The oldest make room: at most `most` letters and
   * `mostBytes` bytes are kept, and how many had to go is told.
   */
  addDeadLetter(request: {
    readonly letter: Omit<StoredDeadLetter, "refusedAtMs">;
    readonly most: number;
    readonly mostBytes: number;
    /** Replaces the reason of a letter that is still kept; one that is gone meanwhile stays gone. */
    readonly ifKept?: boolean;
  }): Promise<{ readonly dropped: number }>;
  readDeadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  /** In the order in which they were first refused. Throws `InvalidArgumentError` for a cursor that no page gave. */
  listDeadLetters(page: {
    readonly limit: number;
    readonly order: "newest-first" | "oldest-first";
    readonly cursor?: string | undefined;
  }): Promise<DeadLetterPage>;
  /** Repeating it changes nothing. Resolves to whether there was one. */
  removeDeadLetter(id: string): Promise<boolean>;
}
