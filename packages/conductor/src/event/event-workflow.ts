import { ActivityFailedError, CancelledError, HeddleError } from "@heddle/protocol";
import { query, workflow, type WorkflowContext } from "@heddle/workflow";
import type { EventHandler } from "../definition/event-handler.js";
import type { TaskUpdateAnswer } from "../interpreter/execution-messages.js";
import { findDefinition } from "../interpreter/find-definition.js";
import { startExecution } from "../interpreter/start-execution.js";
import { evaluate } from "../interpreter/system-calls.js";
import type { Code } from "../interpreter/task-executor.js";
import { causeOf } from "../interpreter/task-failure.js";
import { SYSTEM_TASK_QUEUE } from "../system/system-task-activities.js";
import { holds } from "../system/script/evaluate-script.js";
import { EventActionError, eventRequestOf, type EventRequest } from "./event-action.js";
import { newEventExecution, type EventExecution } from "./event-execution.js";
import { CONDUCTOR_EVENT, EVENT_ATTRIBUTES, eventMessage, type EventMessage } from "./event-message.js";
import { expandInlineJson } from "./expand-inline-json.js";

/** The activities of `conductor.event`, on the queue of the system tasks. */
export const EVENT_ACTIVITIES = {
  /** `FindEventHandlersCall` → `FoundEventHandlers`. */
  findEventHandlers: "conductor.findEventHandlers",
  /** `UpdateFromEventCall` → what the update of the execution answered. */
  updateFromEvent: "conductor.updateFromEvent",
} as const;

export interface FindEventHandlersCall {
  readonly event: string;
}
export interface FoundEventHandlers {
  /** The active ones of the event. */
  readonly handlers: readonly EventHandler[];
  /** Variables that the operator gives to expressions, for executions that actions start. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}
export type UpdateFromEventCall = Omit<EventRequest & { kind: "update" }, "kind"> & {
  readonly updateId: string;
};

/** What became of each action, also while some are at work. */
export const queryEventExecutions = query<readonly EventExecution[]>("conductor.eventExecutions");

/** A lost worker or an outage is nobody's failure; what the target refuses, it will refuse again. */
const RETRY = {
  ...{ maxAttempts: 10, initialBackoff: "1s", maxBackoff: "1m" },
  nonRetryable: [
    ...["InvalidArgumentError", "PayloadTooLargeError"],
    ...["WorkflowNotFoundError", "WorkflowNotRunningError"],
    ...["UpdateRejectedError", "UpdateNotFoundError", "UpdateFailedError", "UpdateNotCompletedError"],
  ],
} as const;

/**
 * How long an action waits for the task it names, when the execution has not scheduled it yet: a message may be faster
 * than the execution that will wait for it.
 */
const WAITS_FOR_TASK = ["500ms", "1s", "2s", "4s", "8s", "15s", "30s", "1m"] as const;

/**
 * Handles one message: asks for the active handlers of its event, evaluates their conditions and does their actions, all
 * at once and each once. Its result is what became of each action; what fails is in there and fails no run.
 */
export const eventWorkflow = workflow({
  name: CONDUCTOR_EVENT,
  description: "Handles one message of an event",
  inputSchema: eventMessage,
})
  .searchAttributes(EVENT_ATTRIBUTES)
  .execute(function* (ctx, message: EventMessage) {
    const executions: EventExecution[] = [];
    ctx.onQuery(queryEventExecutions, () => executions);
    const call: FindEventHandlersCall = { event: message.event };
    const found = (yield* onSystemQueue(ctx, EVENT_ACTIVITIES.findEventHandlers, call)) as FoundEventHandlers;
    const names = found.handlers.map(({ name }) => name);
    ctx.setAttributes({ eventHandlers: names.filter((name) => Buffer.byteLength(name) <= 256).slice(0, 32) });
    const handling = new Handling(ctx, message, found, executions);
    yield* ctx.all(found.handlers.map((handler) => handling.handle(handler)));
    return executions;
  });

class Handling {
  constructor(
    readonly ctx: WorkflowContext,
    private readonly message: EventMessage,
    private readonly found: FoundEventHandlers,
    private readonly executions: EventExecution[],
  ) {}

  *handle(handler: EventHandler): Code<void> {
    const { condition } = handler;
    if (condition !== undefined && condition.trim() !== "") {
      try {
        if (!(yield* this.#isMet(condition, handler.evaluatorType))) {
          this.#record(handler, { index: 0, status: "SKIPPED", output: { condition } });
          return;
        }
      } catch (error) {
        this.#record(handler, { index: 0, status: "FAILED", output: { condition, ...exceptionOf(error) } });
        return;
      }
    }
    yield* this.ctx.all(handler.actions.map((_action, index) => this.#act(handler, index)));
  }

  #isMet(expression: string, evaluator: string | undefined): Code<boolean> {
    const input = expandInlineJson(this.message.payload);
    const { ctx } = this;
    return (function* () {
      return holds(yield* evaluate({ ctx }, { expression, ...(evaluator && { evaluator }), input }));
    })();
  }

  *#act(handler: EventHandler, index: number): Code<void> {
    const action = handler.actions[index];
    if (action === undefined) return;
    const execution = this.#record(handler, { index, action: action.action, status: "IN_PROGRESS" });
    try {
      execution.output = yield* this.#do(eventRequestOf(action, this.message));
      execution.status = "COMPLETED";
    } catch (error) {
      execution.output = exceptionOf(error);
      execution.status = "FAILED";
    }
  }

  #do(request: EventRequest): Code<EventExecution["output"]> {
    return request.kind === "start" ? this.#start(request) : this.#update(request);
  }

  *#start({ name, version, ...rest }: EventRequest & { kind: "start" }): Code<EventExecution["output"]> {
    const definition = yield* findDefinition(this, name, version);
    if ("problem" in definition) throw new EventActionError(definition.problem);
    const workflowId = yield* startExecution(this, {
      ...{ definition: definition.definition, event: this.message.event },
      ...{ input: rest.input, correlationId: rest.correlationId, taskToDomain: rest.taskToDomain },
      environment: this.found.environment,
    });
    return { workflowId };
  }

  *#update({ workflowId, name, input }: EventRequest & { kind: "update" }): Code<EventExecution["output"]> {
    const { ctx } = this;
    for (const wait of [...WAITS_FOR_TASK, undefined]) {
      // One id for all attempts of one call, so that its effect is one; a call that found no task had none.
      const call: UpdateFromEventCall = { workflowId, name, input, updateId: ctx.uuid() };
      const answer = (yield* onSystemQueue(ctx, EVENT_ACTIVITIES.updateFromEvent, call)) as
        TaskUpdateAnswer | undefined;
      if (answer?.outcome !== "not-found") return { workflowId, ...answer };
      if (wait !== undefined) yield* ctx.sleep(wait);
    }
    throw new EventActionError(`workflow ${workflowId} has scheduled no task of that name or id`);
  }

  #record(
    handler: EventHandler,
    {
      index,
      action,
      status,
      output = {},
    }: Pick<EventExecution, "status"> &
      Partial<Pick<EventExecution, "action" | "output">> & { readonly index: number },
  ): EventExecution {
    const at = { index, nowMs: this.ctx.now(), ...(action && { action }) };
    const execution: EventExecution = { ...newEventExecution(this.message, handler, at), status, output };
    this.executions.push(execution);
    return execution;
  }
}

function* onSystemQueue(ctx: WorkflowContext, activity: string, call: unknown): Code<unknown> {
  return yield* ctx.run<string>(activity, call, { queue: SYSTEM_TASK_QUEUE, retry: RETRY });
}

/** What an action may fail with; a cancellation and a defect of this code are thrown on. */
function exceptionOf(error: unknown): { exception: string } {
  if (error instanceof CancelledError) throw error;
  if (error instanceof ActivityFailedError) return { exception: causeOf(error).message };
  if (error instanceof HeddleError || error instanceof EventActionError) return { exception: error.message };
  throw error;
}
