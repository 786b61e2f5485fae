// One delivered ticket, from claim to settlement.
import {
  encodeTaskToken,
  UNREADABLE_DELAY_MS,
  type ActivityStore,
  type ActivityTicket,
  type ClaimedActivity,
  type Settlement,
  type StopSignal,
} from "@heddle/core";
import {
  ActivityTimedOutError,
  CancelledError,
  decodePayload,
  HeddleError,
  PayloadNotDecodableError,
  ShutDownError,
} from "@heddle/protocol";
import { LOG_EVENTS, messageFirstLog, type Logger } from "@heddle/telemetry";
import type { ActivityContext, AnyActivity } from "@heddle/workflow";
import type { ActivityRegistry } from "./activity-registry.js";
import { execute, type ExecutionEnd } from "./execution.js";
import type { Heartbeats } from "./heartbeats.js";
import { Interruption, type InterruptionReason } from "./interruption.js";
import type { Observe } from "./observation.js";
import { persist, untilStopped } from "./persistence.js";
import { ProgressReport } from "./progress-report.js";
import { finalFailure, returned, settlementOfResult, settlementOfThrown } from "./settlement.js";
import type { UnknownActivities } from "./unknown-activities.js";

/** What all attempts of a worker share. */
export interface AttemptSurroundings {
  readonly store: ActivityStore;
  readonly registry: ActivityRegistry;
  readonly unknownActivities: UnknownActivities;
  readonly heartbeats: Heartbeats;
  /** Identity of the worker. */
  readonly worker: string;
  readonly livenessMs: number;
  /** How long code may ignore its abort signal before its slot is taken back. */
  readonly abandonMs: number;
  /** The same while draining, when the process is about to end. */
  readonly drainAbandonMs: number;
  readonly observe: Observe;
  readonly log: Logger;
}

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Attempt {
  readonly ticket: ActivityTicket;
  readonly startedAtMs = Date.now();
  readonly progress = new ProgressReport();
  readonly #around: AttemptSurroundings;
  readonly #interruption = new Interruption();
  #claimed: ClaimedActivity | undefined;
  #completesLater = false;

  constructor(ticket: ActivityTicket, around: AttemptSurroundings) {
    this.ticket = ticket;
    this.#around = around;
  }

  get ids() {
    const { workflowId, runId, seq, attempt } = this.ticket;
    return { workflowId, runId, seq, attempt, ...(this.#claimed && { activity: this.#claimed.name }) };
  }

  interrupt(reason: InterruptionReason): void {
    const { abandonMs, drainAbandonMs } = this.#around;
    const patienceMs = { stale: abandonMs, "timed-out": abandonMs, draining: drainAbandonMs, "cut-off": 0 };
    this.#interruption.raise(reason, { error: this.#errorOf(reason), patienceMs: patienceMs[reason] });
  }

  /**
   * Resolves when the ticket is of no more use: settled, stale, or lapsed. Rejects when the worker was cut off
   * before that was known; the ticket is then for someone else.
   */
  async run(lost: StopSignal): Promise<void> {
    const { heartbeats, log } = this.#around;
    // The lock of the ticket decides nothing. Before the claim its loss means that the ticket is delivered again;
    // after it, it is a hint to ask whose the attempt is.
    const onLost = () => {
      if (this.#claimed === undefined) this.interrupt("stale");
      else void heartbeats.beat(this);
    };
    const stopListening = lost.onRaised(onLost);
    try {
      const reply = await this.#claim();
      if (reply.outcome !== "go") {
        log.debug(this.ids, reply.outcome === "stale" ? LOG_EVENTS.attemptStale : LOG_EVENTS.attemptParked);
        return;
      }
      this.#claimed = reply.activity;
      heartbeats.track(this);
      await this.#runClaimed(reply.activity);
    } catch (error) {
      if (this.#interruption.reason === "cut-off") throw error;
      // Without heartbeats the claim lapses, and the engine decides.
      if (this.#interruption.reason !== "stale")
        log.error({ err: error, ...this.ids }, LOG_EVENTS.attemptGivenUp);
      else log.info(this.ids, LOG_EVENTS.attemptStale);
    } finally {
      heartbeats.untrack(this);
      this.#interruption.dispose();
      stopListening();
    }
  }

  #claim() {
    const { store, worker, livenessMs, log } = this.#around;
    return persist(() => store.claim({ ticket: this.ticket, worker, livenessMs }), {
      stop: this.#interruption.storeIrrelevant,
      onRetry: (error, waitMs) => log.warn({ err: error, waitMs, ...this.ids }, LOG_EVENTS.claimRetried),
    });
  }

  async #runClaimed(claimed: ClaimedActivity): Promise<void> {
    const { registry, unknownActivities, observe, log } = this.#around;
    const { ticket } = this;
    observe("worker.claimed", { ticket, activityName: claimed.name });
    log.debug(this.ids, LOG_EVENTS.attemptClaimed);
    if (this.#interruption.reason === "draining")
      return this.#settle(claimed, returned("worker is draining", 0));
    const definition = registry.find(claimed.name);
    if (definition === undefined) {
      log.warn(this.ids, LOG_EVENTS.activityUnknown);
      const reason = `no activity named "${claimed.name}" is registered on this worker`;
      const delayMs = unknownActivities.nextDelayMs(claimed.name, Math.random());
      return this.#settle(claimed, returned(reason, delayMs));
    }
    const end = await this.#execute(definition, claimed);
    observe("worker.executed", { ticket, activityName: claimed.name, outcome: end.kind });
    if (end.kind === "abandoned") {
      log.error({ ...this.ids, reason: this.#interruption.reason }, LOG_EVENTS.attemptAbandoned);
    }
    this.#interruption.storeIrrelevant.throwIfRaised();
    if (end.kind === "returned" && (definition.asyncComplete || this.#completesLater)) {
      await this.#flushProgress();
      return this.#handOver(claimed);
    }
    const settlement = this.#settlementOf(end, claimed);
    // The next attempt shall find how far this one came.
    if (settlement.outcome !== "completed") await this.#flushProgress();
    await this.#settle(claimed, settlement);
  }

  async #flushProgress(): Promise<void> {
    await untilStopped(this.#around.heartbeats.flush(this), this.#interruption.storeIrrelevant);
  }

  async #execute(definition: AnyActivity, claimed: ClaimedActivity): Promise<ExecutionEnd> {
    const { startToCloseMs } = claimed.policy;
    // The engine owns the deadline; this only tells the code, which the engine cannot reach.
    const deadline =
      startToCloseMs === undefined
        ? undefined
        : setTimeout(() => this.interrupt("timed-out"), Math.min(startToCloseMs, LONGEST_TIMER_MS));
    const { patienceOver } = this.#interruption;
    try {
      return await execute({ definition, claimed, context: this.#context(claimed), patienceOver });
    } finally {
      clearTimeout(deadline);
    }
  }

  #context(claimed: ClaimedActivity): ActivityContext {
    const { workflowId, runId, seq } = this.ticket;
    const { attempt, heartbeatDetails } = claimed;
    const { ticket } = this;
    const interruption = this.#interruption;
    return {
      get signal() {
        return interruption.code;
      },
      workflowId,
      runId,
      activityName: claimed.name,
      attempt,
      idempotencyKey: `${runId}:${seq}`,
      heartbeatDetails: heartbeatDetails === undefined ? undefined : decodePayload(heartbeatDetails),
      heartbeat: (details) => this.progress.note(details),
      get taskToken() {
        return encodeTaskToken(ticket);
      },
      completeLater: () => {
        this.#completesLater = true;
        // What is returned is of no meaning, and as `never` it fits any result type.
        return undefined as never;
      },
      log: messageFirstLog(this.#around.log, { ...this.ids, attempt }),
    };
  }

  #settlementOf(end: ExecutionEnd, claimed: ClaimedActivity): Settlement {
    if (end.kind === "returned") return settlementOfResult(end.value);
    if (end.kind === "unreadable") {
      // Another worker may have the codec.
      return end.error instanceof PayloadNotDecodableError
        ? returned(end.error.message, UNREADABLE_DELAY_MS)
        : finalFailure(end.error);
    }
    if (this.#interruption.reason === "draining") return returned("worker is draining", 0);
    const wasTimedOut = end.kind === "abandoned" || this.#interruption.reason === "timed-out";
    return settlementOfThrown(wasTimedOut ? this.#errorOf("timed-out") : end.thrown, {
      policy: claimed.policy,
      attempt: claimed.attempt,
      random: Math.random(),
    });
  }

  async #settle(claimed: ClaimedActivity, settlement: Settlement): Promise<void> {
    const { log, observe } = this.#around;
    let outcome: string;
    try {
      outcome = await this.#tellStore(settlement);
    } catch (error) {
      // The store refuses the result itself, for example its size. That is the answer the run has to get.
      if (settlement.outcome !== "completed" || !isRefusal(error)) throw error;
      outcome = await this.#tellStore(finalFailure(error));
    }
    observe("worker.settled", { ticket: this.ticket, activityName: claimed.name, outcome });
    log.debug({ ...this.ids, settlement: settlement.outcome, outcome }, LOG_EVENTS.attemptSettled);
  }

  /** The attempt is open and not ours any more. It may have been settled already, by someone who was quick. */
  async #handOver(claimed: ClaimedActivity): Promise<void> {
    const { store, log, observe } = this.#around;
    const { outcome } = await persist(() => store.handOver(this.ticket), {
      stop: this.#interruption.storeIrrelevant,
      onRetry: (error, waitMs) => log.warn({ err: error, waitMs, ...this.ids }, LOG_EVENTS.settleRetried),
    });
    observe("worker.settled", { ticket: this.ticket, activityName: claimed.name, outcome });
    log.debug({ ...this.ids, outcome }, LOG_EVENTS.attemptSettled);
  }

  async #tellStore(settlement: Settlement): Promise<string> {
    const { store, log } = this.#around;
    const { outcome } = await persist(() => store.settle({ ticket: this.ticket, settlement }), {
      stop: this.#interruption.storeIrrelevant,
      onRetry: (error, waitMs) => log.warn({ err: error, waitMs, ...this.ids }, LOG_EVENTS.settleRetried),
    });
    return outcome;
  }

  #errorOf(reason: InterruptionReason): Error {
    const name = this.#claimed?.name ?? "not claimed yet";
    const details = this.ids;
    switch (reason) {
      case "stale":
        return new CancelledError(
          `the attempt of activity "${name}" was cancelled or is not this worker's any more`,
          {
            details,
          },
        );
      case "timed-out":
        return new ActivityTimedOutError(
          `activity "${name}" ran longer than its startToClose of ${this.#claimed?.policy.startToCloseMs ?? 0} ms`,
          { details },
        );
      case "draining":
      case "cut-off":
        return new ShutDownError(`the worker that runs activity "${name}" is shutting down`, { details });
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof HeddleError && error.outcome === "refused" && !(error instanceof ShutDownError);
}
