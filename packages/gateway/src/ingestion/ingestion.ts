import { createHash } from "node:crypto";
import type {
  DeadLetter,
  ForeignJob,
  ForeignJobOutcome,
  StoredDeadLetter,
  WorkflowClient,
} from "@heddle/core";
import {
  decodePayload,
  encodePayload,
  HeddleError,
  OutcomeUnknownError,
  type ErrorCode,
} from "@heddle/protocol";
import { LOG_EVENTS, type Logger } from "@heddle/telemetry";
import { inSlices } from "../in-slices.js";
import { acceptJob, assertJobSize, MAX_JOB_BYTES, type AcceptedJob } from "./accept-job.js";

export interface IngestionOptions {
  readonly client: WorkflowClient;
  readonly log: Logger;
  /** How many dead letters are kept; the oldest make room. Default 10,000. */
  readonly mostDeadLetters?: number | undefined;
}

/** What became of one dead letter that was to be redriven; `absent`: it was redriven or deleted meanwhile. */
export type Redriven =
  | { readonly deadLetterId: string; readonly result: "redriven"; readonly run: AcceptedJob }
  | { readonly deadLetterId: string; readonly result: "refused"; readonly error: HeddleError }
  | { readonly deadLetterId: string; readonly result: "absent" };

const DEFAULT_MOST = 10_000;
/** Of all dead letters of a namespace. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Characters of data that are longer than any job's may be, for people to see what it was. */
const KEPT_OF_TOO_LONG = 4_096;
/** Dead letters redriven at a time, whose data are in memory meanwhile. */
const SLICE = 20;

/** Accepts the jobs of the ingestion queue, and keeps those that it must refuse as dead letters. */
export class Ingestion {
  constructor(private readonly options: IngestionOptions) {}

  /**
   * Handles one job; calling it again with the same job does nothing more. Never rejects: what may succeed later comes
   * back, also when it cannot be written down that the job is refused.
   */
  async handle(job: ForeignJob): Promise<ForeignJobOutcome> {
    try {
      return { outcome: "accepted", value: await acceptJob(this.options.client, job) };
    } catch (error) {
      if (!isFinal(error)) return this.retry(job, error);
      try {
        const { dropped } = await this.keep(job, error);
        const { log } = this.options;
        log.warn({ jobId: job.id, jobName: job.name, code: error.code }, LOG_EVENTS.foreignJobRefused);
        if (dropped > 0) log.error({ dropped }, LOG_EVENTS.deadLettersDropped);
        return { outcome: "refused", reason: `${error.code}: ${error.message}` };
      } catch (failure) {
        return this.retry(job, failure);
      }
    }
  }

  /**
   * Accepts the job of a dead letter now, as it would have been, and forgets the letter. Two at once accept it once. A
   * letter that is refused again stays, with the new reason.
   */
  async redrive(deadLetterId: string): Promise<Redriven> {
    const { client } = this.options;
    const letter = await client.deadLetters.readDeadLetter(deadLetterId);
    if (letter === undefined) return { deadLetterId, result: "absent" };
    const job = { id: letter.jobId, name: letter.name, data: dataOf(letter) };
    let run: AcceptedJob;
    try {
      assertJobSize(letter.dataBytes);
      run = await acceptJob(client, job);
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      if (isFinal(error)) await this.keep(job, error, { ifKept: true });
      return { deadLetterId, result: "refused", error };
    }
    try {
      await client.deadLetters.removeDeadLetter(deadLetterId);
    } catch (cause) {
      throw new OutcomeUnknownError(
        `the job of dead letter ${deadLetterId} is accepted, but the letter may still be kept; redrive it again, which does no harm`,
        { details: { deadLetterId }, cause },
      );
    }
    return { deadLetterId, result: "redriven", run };
  }

  /** Redrives those that match of one page, the oldest first. `cursor` continues behind them, until it is absent. */
  async redrivePage(page: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly code?: ErrorCode | undefined;
    readonly name?: string | undefined;
  }): Promise<{ readonly items: readonly Redriven[]; readonly cursor: string | undefined }> {
    const { code, name, ...rest } = page;
    const found = await this.options.client.deadLetters.listDeadLetters({ ...rest, order: "oldest-first" });
    const matches = (letter: DeadLetter): boolean =>
      (code === undefined || letter.code === code) && (name === undefined || letter.name === name);
    const items = await inSlices(found.items.filter(matches), SLICE, ({ id }) => this.redriveOne(id));
    return { items, cursor: found.cursor };
  }

  /** A letter that cannot be read any more holds up no other. */
  private async redriveOne(deadLetterId: string): Promise<Redriven> {
    try {
      return await this.redrive(deadLetterId);
    } catch (error) {
      if (!isFinal(error)) throw error;
      return { deadLetterId, result: "refused", error };
    }
  }

  private retry(job: ForeignJob, error: unknown): ForeignJobOutcome {
    if (error instanceof HeddleError) return { outcome: "retry", reason: error.message };
    this.options.log.error({ err: error, jobId: job.id }, LOG_EVENTS.foreignJobFailed);
    return { outcome: "retry", reason: "an unexpected error" };
  }

  private keep(job: ForeignJob, { code, message }: HeddleError, only: { ifKept?: boolean } = {}) {
    const { client, mostDeadLetters: most = DEFAULT_MOST } = this.options;
    const dataBytes = Buffer.byteLength(job.data);
    const data = dataBytes > MAX_JOB_BYTES ? job.data.slice(0, KEPT_OF_TOO_LONG) : job.data;
    const letter = {
      ...{ id: letterIdOf(job), name: job.name, jobId: job.id, code, message, dataBytes },
      data: encodePayload(data, { maxBytes: 2 * MAX_JOB_BYTES }),
    };
    return client.deadLetters.addDeadLetter({ letter, most, mostBytes: MOST_BYTES, ...only });
  }
}

/** The job's data, as they were put on the queue. */
export function dataOf(letter: StoredDeadLetter): string {
  return decodePayload(letter.data) as string;
}

/** Whether the job is at fault, so that it is refused however often it comes. A closed store says nothing of the job. */
function isFinal(error: unknown): error is HeddleError {
  return error instanceof HeddleError && !error.retryable && error.code !== "SHUT_DOWN";
}

/** The same for the same job, so that a job that comes again because its process died is one dead letter. */
function letterIdOf({ id, name, data }: ForeignJob): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([name, id, data]), "utf8")
    .digest();
  return digest.subarray(0, 16).toString("base64url");
}
