import { nextTicks, type ScheduleSpecification, type WorkflowClient } from "@heddle/core";
import { InvalidArgumentError, ScheduleAlreadyExistsError, ScheduleNotFoundError } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import { searchable } from "../interpreter/execution-attributes.js";
import { withoutAbsent } from "../interpreter/task-json.js";
import { concurrently } from "../search/concurrently.js";
import type { SearchRequest } from "../search/execution-search.js";
import { meets, typedConditions, type FieldKind } from "../search/field-test.js";
import { freeTextTest } from "../search/free-text.js";
import { parseQuery } from "../search/query-text.js";
import { byKeys, parseSort } from "../search/search-order.js";
import { CONDUCTOR_SCHEDULE, type ScheduledStart } from "./scheduled-start.js";
import type { WorkflowSchedule } from "../definition/workflow-schedule.js";

/** A tick that comes later than this is left out, unless the schedule is to catch up: a takeover takes seconds. */
const ON_TIME_MS = 60_000;
const CATCH_UP_MS = 365 * 24 * 3_600_000;
const MAX_LISTED = 500;
/** Of the note of a schedule that was paused with all others. */
const PAUSED_WITH_ALL = "paused by /scheduler/admin/pause";

export interface NextRunsRequest {
  readonly cronExpression: string;
  readonly zoneId?: string | undefined;
  readonly scheduleStartTime?: number | undefined;
  readonly scheduleEndTime?: number | undefined;
  readonly limit: number;
}

const SCHEDULE_FIELDS = {
  scheduleName: "text",
  workflowName: "text",
  paused: { oneOf: ["TRUE", "FALSE"] },
  nextRunTime: "time",
} as const satisfies Readonly<Record<string, FieldKind>>;
type ScheduleField = keyof typeof SCHEDULE_FIELDS;
const SCHEDULE_ALIASES: Readonly<Record<string, ScheduleField>> = {
  name: "scheduleName",
  workflowType: "workflowName",
};

export interface ScheduleSearch extends SearchRequest {
  readonly workflowName?: string | undefined;
  /** A part of it. */
  readonly scheduleName?: string | undefined;
}

/** Conductor's schedules, each of which is a schedule of Heddle: what Heddle promises of them holds. */
export class Scheduler {
  constructor(
    private readonly client: WorkflowClient,
    private readonly environment?: Record<string, string>,
  ) {}

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
        ...{ id: name, ...timing, workflow: this.runOf(schedule), overlap: "allow-all", paused },
        ...(pausedReason === undefined ? {} : { note: pausedReason }),
      });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyExistsError)) throw error;
      const { paused: wasPaused } = await this.read(name, error);
      // In this order nothing is started by the new times that a pause was to prevent.
      if (paused) await this.client.schedules.pause(name, pausedReason);
      await this.client.schedules.update(name, {
        ...timing,
        ...{ startAt: timing.startAt ?? null, endAt: timing.endAt ?? null, workflow: this.runOf(schedule) },
      });
      if (!paused && wasPaused) await this.client.schedules.resume(name, "");
    }
  }

  /** Conductor's JSON of it. Errors: `ScheduleNotFoundError`. */
  async get(name: string): Promise<JsonMap> {
    return scheduleJson(await this.read(name));
  }

  /** In the order of their names; of one definition, when its name is given. */
  async all(workflowName?: string): Promise<readonly JsonMap[]> {
    const all = await this.specifications();
    return all.filter((each) => isGiven(workflowName) ? startedBy(each) === workflowName : true).map(scheduleJson);
  }

  /** A page of those that match all that is given. Throws `InvalidArgumentError` naming the parameter. */
  async search(request: ScheduleSearch): Promise<{ readonly totalHits: number; readonly results: JsonMap[] }> {
    const { query = "", freeText, sort, start, size, workflowName, scheduleName } = request;
    const conditions = typedConditions(parseQuery(query), SCHEDULE_FIELDS, SCHEDULE_ALIASES);
    const compare = byKeys(parseSort(sort, Object.keys(SCHEDULE_FIELDS) as ScheduleField[], SCHEDULE_ALIASES));
    const isWanted = freeTextTest(freeText);
    const found = (await this.specifications())
      .map((specification) => ({ specification, facts: factsOf(specification) }))
      .filter(
        ({ facts }) =>
          (!isGiven(workflowName) || facts.workflowName === workflowName) &&
          (!isGiven(scheduleName) || facts.scheduleName.includes(scheduleName)) &&
          conditions.every(({ field, test }) => meets(test, facts[field])) &&
          (isWanted === undefined || isWanted(facts)),
      )
      .toSorted((left, right) => compare(left.facts, right.facts));
    return {
      totalHits: found.length,
      results: found.slice(start, start + size).map(({ specification }) => scheduleJson(specification)),
    };
  }

  /** Errors: `ScheduleNotFoundError`. */
  async delete(name: string): Promise<void> {
    await this.read(name);
    await this.client.schedules.delete(name);
  }

  /** Errors: `ScheduleNotFoundError`. */
  async pause(name: string, reason?: string): Promise<void> {
    await this.read(name);
    await this.client.schedules.pause(name, reason ?? "");
  }

  /** It ticks on from now. Errors: `ScheduleNotFoundError`. */
  async resume(name: string): Promise<void> {
    await this.read(name);
    await this.client.schedules.resume(name, "");
  }

  /** Pauses those that are not paused. */
  async pauseAll(): Promise<void> {
    const schedules = (await this.specifications()).filter(({ paused }) => !paused);
    await concurrently(schedules, ({ id }) => this.client.schedules.pause(id, PAUSED_WITH_ALL));
  }

  /** Resumes those that `pauseAll` paused; who was paused by name stays so. */
  async resumeAll(): Promise<void> {
    const schedules = (await this.specifications()).filter(
      ({ paused, note }) => paused && note === PAUSED_WITH_ALL,
    );
    await concurrently(schedules, ({ id }) => this.client.schedules.resume(id, ""));
  }

  private runOf(schedule: ScheduledStart["schedule"]) {
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

  private async specifications(): Promise<ScheduleSpecification[]> {
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
    const found = await concurrently(names, (name) => this.find(name));
    return found.filter((each) => each !== undefined);
  }

  /** `undefined` when it was deleted meanwhile. */
  private async find(name: string): Promise<ScheduleSpecification | undefined> {
    try {
      return await this.read(name);
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return undefined;
      throw error;
    }
  }

  private async read(name: string, otherwise?: Error): Promise<ScheduleSpecification> {
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

function startedBy({ input }: ScheduleSpecification): string {
  return (input as ScheduledStart).schedule.startWorkflowRequest.name;
}

function factsOf(specification: ScheduleSpecification) {
  return {
    scheduleName: specification.id,
    workflowName: startedBy(specification),
    paused: specification.paused ? "TRUE" : "FALSE",
    nextRunTime: specification.nextTimeMs,
  };
}

/** When an expression ticks next. Throws `InvalidArgumentError` for one that cannot be read. */
export function nextRuns({
  cronExpression,
  zoneId = "UTC",
  scheduleStartTime = 0,
  scheduleEndTime = 0,
  limit,
}: NextRunsRequest): readonly number[] {
  return nextTicks(cronExpression, {
    ...{ timezone: zoneId, fromMs: Math.max(Date.now(), scheduleStartTime), limit },
    ...(scheduleEndTime === 0 ? {} : { endMs: scheduleEndTime }),
  });
}

function isConductors({ workflowType }: { readonly workflowType: string }): boolean {
  return workflowType === CONDUCTOR_SCHEDULE;
}

function timingOf(schedule: ScheduledStart["schedule"]) {
  const { cronExpression, cronSchedules, zoneId, scheduleStartTime = 0, scheduleEndTime = 0 } = schedule;
  const listed = cronSchedules.map((each) => each.cronExpression);
  const cron = listed.length > 0 || cronExpression === undefined ? listed : [cronExpression];
  if (cron.length === 0) {
    throw new InvalidArgumentError("cronExpression is missing; give it, or cronSchedules", {
      details: { field: "cronExpression" },
    });
  }
  const zones = new Set([zoneId, ...cronSchedules.map((each) => each.zoneId)].filter(isGiven));
  if (zones.size > 1) {
    throw new InvalidArgumentError(
      `cronSchedules are of several zones (${[...zones].join(", ")}); make a schedule for each zone`,
      { details: { field: "cronSchedules" } },
    );
  }
  const [timezone = "UTC"] = zones;
  return {
    ...{ cron, timezone },
    catchUpWindow: schedule.runCatchupScheduleInstances ? CATCH_UP_MS : ON_TIME_MS,
    ...(scheduleStartTime === 0 ? {} : { startAt: scheduleStartTime }),
    ...(scheduleEndTime === 0 ? {} : { endAt: scheduleEndTime }),
  };
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

function scheduleJson(specification: ScheduleSpecification): JsonMap {
  const { schedule } = specification.input as ScheduledStart;
  const { paused, note, createdAtMs, updatedAtMs, nextTimeMs, timezone } = specification;
  return withoutAbsent({
    ...schedule,
    zoneId: timezone,
    paused,
    pausedReason: paused && isGiven(note) ? note : undefined,
    createTime: createdAtMs,
    updatedTime: updatedAtMs,
    nextRunTime: nextTimeMs,
  });
}
