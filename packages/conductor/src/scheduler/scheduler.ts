import type { DocumentStore, ScheduleSpecification, WorkflowClient } from "@heddle/core";
import { ScheduleAlreadyExistsError, ScheduleNotFoundError } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import type { WorkflowSchedule } from "../definition/workflow-schedule.js";
import { searchable } from "../interpreter/execution-attributes.js";
import { concurrently } from "../search/concurrently.js";
import { matchingSchedules, scheduleJson, type ScheduleSearch } from "./schedule-json.js";
import { ScheduleTags, type ScheduleTag } from "./schedule-tags.js";
import { timingOf } from "./schedule-timing.js";
import { CONDUCTOR_SCHEDULE, type ScheduledStart } from "./scheduled-start.js";

const MAX_LISTED = 500;
/** Of the note of a schedule that was paused with all others. */
const PAUSED_WITH_ALL = "paused by /scheduler/admin/pause";

/** Conductor's schedules, each of which is a schedule of Heddle: what Heddle promises of them holds. */
export class Scheduler {
  readonly #tags: ScheduleTags;

  constructor(
    private readonly client: WorkflowClient,
    documents: DocumentStore,
    private readonly environment?: Record<string, string>,
  ) {
    this.#tags = new ScheduleTags(documents);
  }

  /**
   * Creates the schedule, or replaces the one of that name, also whether it is paused. Repeating it changes nothing.
   * Errors: `InvalidScheduleError`, `ScheduleAlreadyExistsError` when the name is that of a schedule that Conductor's
   * API did not make.
   */
  async save(saved: WorkflowSchedule): Promise<void> {
    const { paused, pausedReason, ...schedule } = saved;
    const { name } = schedule;
    const timing = timingOf(schedule);
    try {
      await this.client.schedules.create({
        ...{ id: name, ...timing, workflow: this.#runOf(schedule), overlap: "allow-all", paused },
        ...(pausedReason === undefined ? {} : { note: pausedReason }),
      });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyExistsError)) throw error;
      const { paused: wasPaused } = await this.#read(name, error);
      // In this order nothing is started by the new times that a pause was to prevent.
      if (paused) await this.client.schedules.pause(name, pausedReason ?? "");
      await this.client.schedules.update(name, {
        ...timing,
        ...{ startAt: timing.startAt ?? null, endAt: timing.endAt ?? null, workflow: this.#runOf(schedule) },
      });
      if (!paused && wasPaused) await this.client.schedules.resume(name, "");
    }
  }

  /** Conductor's JSON of it. Errors: `ScheduleNotFoundError`. */
  async get(name: string): Promise<JsonMap> {
    return scheduleJson(await this.#read(name), await this.#tags.read(name));
  }

  /** In the order of their names; of one definition, when its name is given. */
  async all(workflowName?: string): Promise<readonly JsonMap[]> {
    return this.#told(matchingSchedules(await this.#specifications(), { workflowName }));
  }

  /** A page of those that match all that is given. Throws `InvalidArgumentError` naming the parameter. */
  async search(
    request: ScheduleSearch,
  ): Promise<{ readonly totalHits: number; readonly results: JsonMap[] }> {
    const { start, size } = request;
    const found = matchingSchedules(await this.#specifications(), request);
    return { totalHits: found.length, results: await this.#told(found.slice(start, start + size)) };
  }

  /** Errors: `ScheduleNotFoundError`. */
  async delete(name: string): Promise<void> {
    await this.#read(name);
    // First, so that no later schedule of the name gets them.
    await this.#tags.removeAll(name);
    await this.client.schedules.delete(name);
  }

  /** Errors: `ScheduleNotFoundError`. */
  async pause(name: string, reason?: string): Promise<void> {
    await this.#read(name);
    await this.client.schedules.pause(name, reason ?? "");
  }

  /** It ticks on from now. Errors: `ScheduleNotFoundError`. */
  async resume(name: string): Promise<void> {
    await this.#read(name);
    await this.client.schedules.resume(name, "");
  }

  /** Pauses those that are not paused. */
  async pauseAll(): Promise<void> {
    const schedules = (await this.#specifications()).filter(({ paused }) => !paused);
    await concurrently(schedules, ({ id }) =>
      unlessGone(() => this.client.schedules.pause(id, PAUSED_WITH_ALL)),
    );
  }

  /** Resumes those that `pauseAll` paused; who was paused by name stays so. */
  async resumeAll(): Promise<void> {
    const schedules = (await this.#specifications()).filter(
      ({ paused, note }) => paused && note === PAUSED_WITH_ALL,
    );
    await concurrently(schedules, ({ id }) => unlessGone(() => this.client.schedules.resume(id, "")));
  }

  /** Errors: `ScheduleNotFoundError`. */
  async tags(name: string): Promise<readonly ScheduleTag[]> {
    await this.#read(name);
    return this.#tags.read(name);
  }

  /** In place of those that it has. Errors: `ScheduleNotFoundError`. */
  async setTags(name: string, tags: readonly ScheduleTag[]): Promise<void> {
    await this.#read(name);
    await this.#tags.set(name, tags);
  }

  /** Errors: `ScheduleNotFoundError`. */
  async removeTags(name: string, tags: readonly ScheduleTag[]): Promise<void> {
    await this.#read(name);
    await this.#tags.remove(name, tags);
  }

  async #told(specifications: readonly ScheduleSpecification[]): Promise<JsonMap[]> {
    const tags = await this.#tags.readAll(specifications.map(({ id }) => id));
    return specifications.map((each) => scheduleJson(each, tags.get(each.id)));
  }

  #runOf(schedule: ScheduledStart["schedule"]) {
    const input: ScheduledStart = {
      schedule,
      ...(this.environment === undefined ? {} : { environment: this.environment }),
    };
    const { name, startWorkflowRequest } = schedule;
    const attributes = {
      scheduleName: name,
      ...searchable("scheduledWorkflow", startWorkflowRequest.name),
    };
    return { type: CONDUCTOR_SCHEDULE, input, attributes };
  }

  async #specifications(): Promise<ScheduleSpecification[]> {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.client.schedules.list({
        limit: MAX_LISTED,
        ...(cursor === undefined ? {} : { cursor }),
      });
      names.push(...page.items.filter(isConductors).map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    const found = await concurrently(names, (name) => unlessGone(() => this.#read(name)));
    return found.filter((each) => each !== undefined);
  }

  async #read(name: string, otherwise?: Error): Promise<ScheduleSpecification> {
    const found = await this.client.schedules.specification(name);
    if (isConductors(found)) return found;
    throw (
      otherwise ??
      new ScheduleNotFoundError(`there is no Conductor schedule "${name}"; one of Heddle's has this name`, {
        details: { scheduleId: name },
      })
    );
  }
}

function isConductors({ workflowType }: { readonly workflowType: string }): boolean {
  return workflowType === CONDUCTOR_SCHEDULE;
}

/** `undefined` when the schedule was deleted meanwhile. */
async function unlessGone<Result>(act: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
