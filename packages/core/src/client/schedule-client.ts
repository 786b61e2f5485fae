import {
  assertScheduleId,
  InboxFullError,
  ScheduleAlreadyExistsError,
  ScheduleNotFoundError,
  type OverlapPolicy,
  type ScheduleRequest,
  type ScheduleSpec,
} from "@heddle/protocol";
import type { IdSource } from "../id-source.js";
import { MAX_WAITING_REQUESTS } from "../schedule/limits.js";
import { withRequests } from "../schedule/schedule-step.js";
import { scheduledWorkflowId } from "../schedule/scheduled-run.js";
import type { StartRequest } from "../store/accepting-store.js";
import type { ScheduleRequestReply, ScheduleStore, StoredSchedule } from "../store/schedule-store.js";
import { MAX_PAGE, wholeNumber } from "./list.js";
import { assertKnownOptions } from "./naming.js";
import type { RepeatableCall } from "./repeatable-call.js";
import {
  asScheduleError,
  assertNote,
  assertScheduledWorkflow,
  backfillRange,
  changedSpec,
  overlapOf,
  specOf,
  type BackfillOptions,
  type ScheduleChanges,
  type ScheduledWorkflow,
  type ScheduleOptions,
} from "./schedule-options.js";
import { descriptionOf, summaryOf, type ScheduleDescription, type SchedulePage } from "./schedule-view.js";
import { specificationOf, type ScheduleSpecification } from "./schedule-specification.js";
import type { StartOptions } from "./start-options.js";

/** Checks the arguments of a start and encodes its input, as `WorkflowClient.start` does. */
type MakeStartRequest = (type: string, input: unknown, options: StartOptions) => StartRequest;

/**
 * Schedules, over any store. What is asked of a schedule is accepted in one atomic step, by which its owner does it in
 * the order of acceptance; nothing is written before all input is checked. A call that is repeated with the operation id of
 * an earlier one is answered as that one, for a day, or for an hour after the schedule was deleted.
 */
export class ScheduleClient {
  constructor(
    private readonly store: ScheduleStore,
    private readonly ids: IdSource,
    private readonly makeStartRequest: MakeStartRequest,
  ) {}

  /** Errors: `ScheduleAlreadyExistsError`, `InvalidScheduleError`, `InvalidArgumentError`, `PayloadTooLargeError`. */
  async create(options: ScheduleOptions, call: RepeatableCall = {}): Promise<void> {
    const { id: scheduleId, paused = false, note, remainingRuns } = options;
    const spec = specOf(options, this.startOf(scheduleId, options.workflow));
    const reply = await this.store.createSchedule({
      ...{ scheduleId, incarnation: this.operationOf(call), spec, paused },
      ...(note === undefined ? {} : { note }),
      ...(remainingRuns === undefined ? {} : { remainingRuns }),
    });
    if (reply.outcome === "created") return;
    throw new ScheduleAlreadyExistsError(
      `schedule "${scheduleId}" exists already; update or delete it, or take another id`,
      { details: { scheduleId } },
    );
  }

  /** `nextTimes`: how many of the next ticks to tell, 10 by default. Errors: `ScheduleNotFoundError`. */
  async describe(scheduleId: string, options: { nextTimes?: number } = {}): Promise<ScheduleDescription> {
    const stored = await this.read(scheduleId);
    const times = wholeNumber("nextTimes", options.nextTimes ?? 10, 0, 1_000);
    const started = new Map(
      [...stored.progress.running, ...stored.progress.recent].map((run) => [run.runId, run]),
    );
    const open = await Promise.all(
      [...started.values()].map(async (run) =>
        (await this.store.isRunOpen(run)) ? run.workflowId : undefined,
      ),
    );
    return descriptionOf(stored, { times, running: open.filter((workflowId) => workflowId !== undefined) });
  }

  /** What it starts and when. Errors: `ScheduleNotFoundError`. */
  async specification(scheduleId: string): Promise<ScheduleSpecification> {
    return specificationOf(this.store, await this.read(scheduleId));
  }

  /** Ordered by id. */
  async list(options: { limit?: number; cursor?: string } = {}): Promise<SchedulePage> {
    assertKnownOptions(options, ["limit", "cursor"], "list of schedules");
    const limit = wholeNumber("limit", options.limit ?? 50, 1, MAX_PAGE);
    const { cursor: after = "" } = options;
    // One more than asked tells whether there is another page.
    const ids = await this.store.listSchedules({ after, limit: limit + 1 });
    const shown = ids.slice(0, limit);
    const stored = await Promise.all(shown.map((scheduleId) => this.store.readSchedule(scheduleId)));
    return {
      items: stored.filter((schedule) => schedule !== undefined).map(summaryOf),
      cursor: ids.length > limit ? shown.at(-1) : undefined,
    };
  }

  /** No tick that is due later starts anything until `resume`. Repeating it renews the note. */
  async pause(scheduleId: string, note?: string, call: RepeatableCall = {}): Promise<void> {
    await this.setPaused(scheduleId, "pause", note, call);
  }
  /** Ticks go on from now; those of the meantime are not made up for. */
  async resume(scheduleId: string, note?: string, call: RepeatableCall = {}): Promise<void> {
    await this.setPaused(scheduleId, "resume", note, call);
  }

  /**
   * Starts the workflow now, also while it is paused, as its overlap policy (or the one given) allows. Returns the
   * workflow id that the run gets.
   */
  async trigger(
    scheduleId: string,
    options: { overlap?: OverlapPolicy | undefined } = {},
    call: RepeatableCall = {},
  ): Promise<{ readonly workflowId: string }> {
    assertScheduleId(scheduleId);
    asScheduleError(scheduleId, () => assertKnownOptions(options, ["overlap"], "a trigger"));
    const request = { kind: "trigger" as const, ...overlapOf(scheduleId, options) };
    const atMs = accepted(scheduleId, await this.ask(scheduleId, request, call));
    return { workflowId: scheduledWorkflowId(scheduleId, atMs) };
  }

  /** Starts the workflow for each tick of a range that has passed. */
  async backfill(scheduleId: string, options: BackfillOptions, call: RepeatableCall = {}): Promise<void> {
    const { nowMs } = await this.read(scheduleId);
    const request = { kind: "backfill" as const, ...backfillRange(scheduleId, options, nowMs) };
    accepted(scheduleId, await this.ask(scheduleId, request, call));
  }

  /** Changes what the changes name; later ticks and whatever is buffered follow it. Errors: as of `create`. */
  async update(scheduleId: string, changes: ScheduleChanges, call: RepeatableCall = {}): Promise<void> {
    const { workflow, remainingRuns } = changes;
    const start = workflow === undefined ? undefined : this.startOf(scheduleId, workflow);
    for (;;) {
      const stored = await this.read(scheduleId);
      const current = withRequests(stored, stored.requests).spec;
      const spec = changedSpec(scheduleId, current, { changes, start });
      const request = {
        kind: "update" as const,
        spec,
        ...(remainingRuns === undefined ? {} : { remainingRuns }),
      };
      const reply = await this.ask(scheduleId, request, call, stored.specVersion);
      // Somebody else's change came first: this one is made to its outcome.
      if (reply.outcome !== "changed") return void accepted(scheduleId, reply);
    }
  }

  /** Starts nothing any more; runs that it started go on. */
  async delete(scheduleId: string, call: RepeatableCall = {}): Promise<void> {
    assertScheduleId(scheduleId);
    const reply = await this.store.deleteSchedule({ scheduleId, operationId: this.operationOf(call) });
    if (reply.outcome === "not-found") throw notFound(scheduleId);
  }

  private async setPaused(
    scheduleId: string,
    kind: "pause" | "resume",
    note: string | undefined,
    call: RepeatableCall,
  ) {
    assertScheduleId(scheduleId);
    asScheduleError(scheduleId, () => assertNote(note));
    accepted(scheduleId, await this.ask(scheduleId, { kind, ...(note === undefined ? {} : { note }) }, call));
  }

  private ask(
    scheduleId: string,
    request: ScheduleRequest,
    call: RepeatableCall,
    expectedSpecVersion?: number,
  ) {
    return this.store.requestOfSchedule({
      ...{ scheduleId, request, operationId: this.operationOf(call) },
      ...(expectedSpecVersion === undefined ? {} : { expectedSpecVersion }),
    });
  }

  private operationOf({ operationId }: RepeatableCall): string {
    return operationId ?? this.ids.randomId();
  }

  private async read(scheduleId: string): Promise<StoredSchedule> {
    assertScheduleId(scheduleId);
    const stored = await this.store.readSchedule(scheduleId);
    if (stored === undefined) throw notFound(scheduleId);
    return stored;
  }

  /** A start request without its ids and its id policies. */
  private startOf(scheduleId: string, workflow: ScheduledWorkflow): ScheduleSpec["start"] {
    asScheduleError(scheduleId, () => assertScheduledWorkflow(workflow));
    const { type, input, ...options } = workflow;
    const {
      workflowId: _workflowId,
      runId: _runId,
      onOpen: _onOpen,
      onClosed: _onClosed,
      ...start
    } = this.makeStartRequest(type, input, options);
    return start;
  }
}

function accepted(scheduleId: string, reply: ScheduleRequestReply): number {
  switch (reply.outcome) {
    case "accepted":
      return reply.atMs;
    case "not-found":
      throw notFound(scheduleId);
    case "full":
      throw new InboxFullError(
        `schedule "${scheduleId}" has ${MAX_WAITING_REQUESTS} requests that no coordinator has taken; repeat later`,
        { details: { scheduleId, limit: MAX_WAITING_REQUESTS } },
      );
    case "changed":
      throw new TypeError("only an update expects a version");
  }
}

function notFound(scheduleId: string): ScheduleNotFoundError {
  return new ScheduleNotFoundError(`there is no schedule "${scheduleId}"; check the id and the namespace`, {
    details: { scheduleId },
  });
}
