import { assertScheduleId, InvalidArgumentError } from "@heddle/protocol";
import { withParameters } from "./call-parameters.js";
import { apiPath } from "./http/path.js";
import { randomId } from "./http/random-id.js";
import type { ReplyBody } from "./http/reply-body.js";
import type { Call, Transport } from "./http/transport.js";
import {
  type ScheduleDescription,
  scheduleFrom,
  type SchedulePage,
  schedulePageFrom,
} from "./schedule-description.js";
import type {
  BackfillOptions,
  DescribeScheduleOptions,
  ListSchedulesOptions,
  ScheduleCallOptions,
  ScheduleChanges,
  ScheduledWorkflow,
  ScheduleOptions,
  TriggerOptions,
} from "./schedule-options.js";
import { withoutDates } from "./search-options.js";

/** The calls of the HTTP API about schedules. Each change has its idempotency key before it is first sent. */
export class ScheduleCalls {
  constructor(private readonly transport: Transport) {}

  async create(options: ScheduleOptions, call: ScheduleCallOptions = {}): Promise<void> {
    const body = { ...options, workflow: scheduledWorkflow(options.workflow) };
    await this.change(
      options.id,
      { method: "POST", path: apiPath("schedules"), body, applies: "once" },
      call,
    );
  }

  async describe(id: string, options: DescribeScheduleOptions = {}): Promise<ScheduleDescription> {
    assertScheduleId(id);
    const { nextTimes, signal } = options;
    const path = withParameters(apiPath("schedules", id), { nextTimes });
    const { body } = await this.transport.send({ method: "GET", path, applies: "nothing", signal });
    return scheduleFrom(body);
  }

  async list({ limit, cursor, signal }: ListSchedulesOptions = {}): Promise<SchedulePage> {
    const path = withParameters(apiPath("schedules"), { limit, cursor });
    const { body } = await this.transport.send({ method: "GET", path, applies: "nothing", signal });
    return schedulePageFrom(body);
  }

  async setPaused(
    id: string,
    verb: "pause" | "resume",
    note: string | undefined,
    call: ScheduleCallOptions = {},
  ): Promise<void> {
    await this.post(id, verb, { note }, "once", call);
  }

  async trigger(
    id: string,
    { overlap, ...call }: TriggerOptions = {},
  ): Promise<{ readonly workflowId: string }> {
    const body = await this.post(id, "trigger", { overlap }, "once", call);
    return { workflowId: body.text("workflowId") };
  }

  async backfill(id: string, { from, to, overlap, ...call }: BackfillOptions): Promise<void> {
    await this.post(id, "backfill", { from, to, overlap }, "again", call);
  }

  async update(id: string, changes: ScheduleChanges, call: ScheduleCallOptions = {}): Promise<void> {
    assertScheduleId(id);
    const workflow = changes.workflow && scheduledWorkflow(changes.workflow);
    const sent = { method: "PATCH", path: apiPath("schedules", id), body: { ...changes, workflow } } as const;
    await this.change(id, { ...sent, applies: "again" }, call);
  }

  async delete(id: string, call: ScheduleCallOptions = {}): Promise<void> {
    assertScheduleId(id);
    await this.change(id, { method: "DELETE", path: apiPath("schedules", id), applies: "once" }, call);
  }

  private post(
    id: string,
    verb: string,
    body: object,
    applies: Call["applies"],
    call: ScheduleCallOptions,
  ): Promise<ReplyBody> {
    assertScheduleId(id);
    const path = apiPath("schedules", id, verb);
    return this.change(id, { method: "POST", path, body, applies }, call);
  }

  private async change(
    scheduleId: string,
    sent: Pick<Call, "method" | "path" | "body" | "applies">,
    { idempotencyKey = randomId(), signal }: ScheduleCallOptions,
  ): Promise<ReplyBody> {
    assertIdempotencyKey(idempotencyKey);
    const details = { scheduleId, idempotencyKey };
    return (await this.transport.send({ ...sent, idempotencyKey, details, signal })).body;
  }
}

function scheduledWorkflow(workflow: ScheduledWorkflow) {
  return { ...workflow, attributes: withoutDates(workflow.attributes) };
}

/** What a header can carry as it is. */
function assertIdempotencyKey(key: string): void {
  if (/^[\x20-\x7e]{1,255}$/.test(key) && key.trim() === key) return;
  throw new InvalidArgumentError(
    "idempotencyKey must be 1 to 255 printable ASCII characters, without blanks around them",
    { details: { field: "idempotencyKey" } },
  );
}
