import { runInNewContext } from "node:vm";
import { Machine, replayHistory } from "@heddle/core";
import {
  decodePayload,
  encodeHistoryRecord,
  encodePayload,
  failureOf,
  type HistoryCommand,
  type HistoryEvent,
  type WorkflowHistory,
} from "@heddle/protocol";
import type { JsonMap } from "../../definition/json-bean.js";
import { workflowDef } from "../../definition/workflow-def.js";
import { conductorWorkflow } from "../conductor-workflow.js";
import type { ExecutionInput } from "../execution-input.js";
import { updateTask, type TaskUpdate, type TaskUpdateAnswer } from "../execution-messages.js";
import type { ScriptCall } from "../system-calls.js";

type Undated<Event> = Event extends HistoryEvent ? Omit<Event, "at"> : never;
/** What a worker does with the input of an activity; `undefined` leaves it open. */
type Work = (input: JsonMap) => unknown;

export interface DrivenOptions extends Partial<Omit<ExecutionInput, "definition">> {
  /** By activity name; scripts are evaluated without one. */
  readonly workers?: Readonly<Record<string, Work>>;
  readonly runId?: string;
  /** Forget the code before each event and rebuild it from what is recorded, as after a kill. */
  readonly killedBeforeEachEvent?: boolean;
}

const STARTED_AT_MS = Date.UTC(2030, 0, 1);

/** One execution without Redis: feeds what would happen, records what an owner would commit. */
export class DrivenExecution {
  readonly records: Uint8Array[] = [];
  readonly commands: HistoryCommand[] = [];
  readonly #workers: Readonly<Record<string, Work>>;
  readonly #open = new Map<number, { name: string; input: JsonMap; isTried: boolean }>();
  readonly #timers = new Map<number, number>();
  #machine: Machine;
  #nowMs = STARTED_AT_MS;
  #updates = 0;

  private constructor(private readonly options: DrivenOptions) {
    this.#machine = this.#newMachine();
    this.#workers = {
      "conductor.evaluate": evaluated,
      "conductor.INLINE": inline,
      "conductor.LAMBDA": lambda,
      "conductor.findTaskDefinitions": () => ({}),
      ...options.workers,
    };
  }

  /** Runs as far as it gets without time passing. */
  static async start(definition: JsonMap, options: DrivenOptions = {}): Promise<DrivenExecution> {
    const { workers: _workers, killedBeforeEachEvent: _killed, runId: _runId, ...rest } = options;
    const run = new DrivenExecution(options);
    const input = { ...rest, definition: workflowDef.parse({ name: "wf", ...definition }) };
    await run.#feed({ kind: "started", input: encodePayload(input) });
    await run.settle();
    return run;
  }

  /** Lets workers do everything that is queued for them. */
  async settle(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const [seq, activity] = next;
      activity.isTried = true;
      const work = this.#workers[activity.name];
      try {
        const result = work?.(activity.input);
        if (result === undefined) continue;
        await this.#settled({ kind: "activity-completed", seq, attempt: 1, result: encodePayload(result) });
      } catch (error) {
        await this.#settled({ kind: "activity-failed", seq, attempt: 1, failure: failureOf(error) });
      }
    }
  }

  /** Ends an open activity as its timeout does. */
  async timeOut(name: string, timeout: string): Promise<void> {
    const [seq] = [...this.#open].find(([, activity]) => activity.name === name) ?? [];
    if (seq === undefined) throw new Error(`no activity ${name} is open`);
    const failure = { name: "ActivityTimedOutError", message: "too late", details: { timeout } };
    await this.#settled({ kind: "activity-failed", seq, attempt: 1, failure });
    await this.settle();
  }

  /** Lets time pass, each timer at its due time. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers].sort(([, left], [, right]) => left - right)[0];
      if (due === undefined || due[1] > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, due[1]);
      this.#timers.delete(due[0]);
      await this.#feed({ kind: "timer-fired", seq: due[0] });
      await this.settle();
    }
    this.#nowMs = untilMs;
  }

  async update(name: string, input?: unknown): Promise<unknown> {
    const updateId = `update-${++this.#updates}`;
    const event = { kind: "update", name, updateId, input: encodePayload(input), at: this.#nowMs } as const;
    const refusal = this.#machine.refusalOf(event);
    if (refusal !== undefined) throw new Error(`${refusal.name}: ${refusal.message}`);
    const from = this.commands.length;
    await this.#feed(event);
    await this.settle();
    const answer = this.commands.slice(from).find((each) => each.kind === "update-completed");
    return answer?.kind === "update-completed" ? decodePayload(answer.result) : undefined;
  }

  async updateTask(update: TaskUpdate): Promise<TaskUpdateAnswer> {
    return (await this.update(updateTask.name, update)) as TaskUpdateAnswer;
  }

  async signal(name: string, payload?: unknown): Promise<void> {
    await this.#feed({ kind: "signal", name, payload: encodePayload(payload) });
    await this.settle();
  }

  async cancel(reason: string): Promise<void> {
    await this.#feed({ kind: "cancel-requested", reason });
  }

  get json(): JsonMap {
    return executionOf(this.#machine);
  }

  /** The same, of code that was rebuilt from the history. */
  async replayed(): Promise<JsonMap> {
    const machine = this.#newMachine();
    await replayHistory(machine, this.records);
    return executionOf(machine);
  }

  /** As it is exported when the run is closed. */
  get history(): WorkflowHistory {
    const { runId = "run-1" } = this.options;
    const status = this.json["status"] === "COMPLETED" ? "completed" : "failed";
    return { workflowId: "workflow-1", runId, type: conductorWorkflow.name, status, records: this.records };
  }

  get tasks(): readonly JsonMap[] {
    return this.json["tasks"] as JsonMap[];
  }

  /** Reference name and status of every record, in order. */
  get states(): readonly string[] {
    return this.tasks.map(
      ({ referenceTaskName, status }) => `${String(referenceTaskName)} ${String(status)}`,
    );
  }

  task(ref: string): JsonMap {
    const found = this.tasks.findLast(({ referenceTaskName }) => referenceTaskName === ref);
    if (found === undefined) throw new Error(`there is no task ${ref}; there are ${this.states.join(", ")}`);
    return found;
  }

  #newMachine(): Machine {
    const line = () => undefined;
    return new Machine({
      ...{ workflow: conductorWorkflow, workflowId: "workflow-1", runId: this.options.runId ?? "run-1" },
      log: { debug: line, info: line, warn: line, error: line },
      maxPayloadBytes: 1024 * 1024,
      activityDefaults: () => undefined,
    });
  }

  #next() {
    return [...this.#open].find(([, { isTried }]) => !isTried);
  }

  #settled(event: Undated<HistoryEvent> & { seq: number }): Promise<void> {
    this.#open.delete(event.seq);
    return this.#feed(event);
  }

  async #feed(event: Undated<HistoryEvent>): Promise<void> {
    if (this.options.killedBeforeEachEvent === true && this.records.length > 0) {
      this.#machine = this.#newMachine();
      await replayHistory(this.#machine, this.records);
    }
    const dated: HistoryEvent = { ...event, at: this.#nowMs };
    await this.#machine.feed(dated);
    this.records.push(encodeHistoryRecord(dated));
    for (const command of this.#machine.takeCommands()) {
      this.records.push(encodeHistoryRecord(command));
      this.commands.push(command);
      this.#note(command);
    }
  }

  #note(command: HistoryCommand): void {
    if (command.kind === "activity-scheduled") {
      const { seq, name, input } = command;
      this.#open.set(seq, { name, input: decodePayload(input) as JsonMap, isTried: false });
    } else if (command.kind === "activity-cancelled") this.#open.delete(command.seq);
    else if (command.kind === "timer-cancelled") this.#timers.delete(command.seq);
    else if (command.kind === "timer-started") {
      const dueMs = "dueMs" in command ? command.dueMs : undefined;
      const durationMs = "durationMs" in command ? command.durationMs : undefined;
      this.#timers.set(command.seq, dueMs ?? this.#nowMs + (durationMs ?? 0));
    }
  }
}

function executionOf(machine: Machine): JsonMap {
  return structuredClone(machine.query("conductor.execution", undefined)?.answer) as JsonMap;
}

function evaluated({ expression, evaluator, input }: JsonMap): unknown {
  const code = evaluator === "lambda" ? `(function () { ${String(expression)}\n})()` : String(expression);
  try {
    const value: unknown = runInNewContext(code, { $: structuredClone(input) as ScriptCall["input"] });
    return value ?? null;
  } catch (error) {
    throw Object.assign(new Error(String(error)), { name: "ExpressionError" });
  }
}

const inline: Work = (input) => scriptResult({ expression: input["expression"], input });
const lambda: Work = (input) =>
  scriptResult({ expression: input["scriptExpression"], evaluator: "lambda", input });

function scriptResult(call: JsonMap): unknown {
  try {
    return { status: "COMPLETED", outputData: { result: evaluated(call) } };
  } catch (error) {
    const { message } = error as Error;
    return {
      status: "FAILED_WITH_TERMINAL_ERROR",
      outputData: { error: message },
      reasonForIncompletion: message,
    };
  }
}

/** A task of a definition, named like its reference. */
export function task(ref: string, type = "SIMPLE", rest: JsonMap = {}): JsonMap {
  return { name: ref, taskReferenceName: ref, type, ...rest };
}
