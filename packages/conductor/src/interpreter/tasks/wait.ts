import { steersExecution } from "@heddle/protocol";
import { parseWaitDuration } from "../../definition/wait-duration.js";
import { parseWaitUntil } from "../../definition/wait-until.js";
import { isJsonMap, type JsonMap } from "../../definition/json-bean.js";
import type { Code, Flow, TaskExecutor } from "../task-executor.js";
import { WITHOUT_CALLBACK, type TaskOutcome, type TaskRecord } from "../task-record.js";

/** When a WAIT ends by itself, epoch ms; undefined: when somebody says so. Or what is wrong with its input. */
function waitOf(input: JsonMap, nowMs: number): { untilMs: number | undefined } | { problem: string } {
  const duration = textOf(input["duration"]);
  const until = textOf(input["until"]);
  if (duration !== undefined && until !== undefined) {
    return { problem: "Both 'duration' and 'until' specified. Please provide only one input" };
  }
  if (duration !== undefined) {
    const ms = parseWaitDuration(duration);
    if (ms === undefined)
      return { problem: `Not a valid duration: ${JSON.stringify(duration)}; write 1d 2h 3m 4s` };
    return { untilMs: nowMs + ms };
  }
  if (until === undefined) return { untilMs: undefined };
  const untilMs = parseWaitUntil(until);
  if (untilMs !== undefined) return { untilMs };
  return { problem: `Invalid/Unsupported Wait Until format. Provided: ${until}` };
}

function textOf(value: unknown): string | undefined {
  const text = value == null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return text.trim() === "" ? undefined : text;
}

/** The signal that a WAIT takes; undefined when it names none. Or what is wrong with the name. */
function signalOf({ signal }: JsonMap): { name: string | undefined } | { problem: string } {
  const name = textOf(signal);
  if (name === undefined || !steersExecution(name)) return { name };
  return {
    problem: `The signal ${JSON.stringify(name)} steers the workflow, and no task takes it; choose another name`,
  };
}

/** Takes the oldest signal of the name, also one that came before the task, or an earlier run. */
function* takeSignal({ ctx, execution }: Flow, name: string): Code<TaskOutcome> {
  const carried = execution.carried.takeSignal(name);
  const payload: unknown = carried === undefined ? yield* ctx.waitForSignal(name) : carried.payload;
  const output = isJsonMap(payload) ? payload : payload == null ? {} : { result: payload };
  return { status: "COMPLETED", output };
}

function* endAt({ ctx }: Flow, record: TaskRecord, untilMs: number): Code<TaskOutcome> {
  record.callbackAfterSeconds = Math.max(0, Math.ceil((untilMs - ctx.now()) / 1000));
  yield* ctx.sleepUntil(Math.max(untilMs, 0));
  return { status: "COMPLETED" };
}

/** WAIT: until its time has come, its signal, or an update from outside. */
export const runWait: TaskExecutor = function* (flow, record): Code<TaskOutcome> {
  const { ctx, execution } = flow;
  execution.begin(record);
  const wait = waitOf(record.input, ctx.now());
  if ("problem" in wait) return { status: "FAILED_WITH_TERMINAL_ERROR", reason: wait.problem };
  const signal = signalOf(record.input);
  if ("problem" in signal) return { status: "FAILED_WITH_TERMINAL_ERROR", reason: signal.problem };
  const ends: Code<TaskOutcome>[] = [];
  if (signal.name !== undefined) ends.push(takeSignal(flow, signal.name));
  if (wait.untilMs !== undefined && !record.task.asyncComplete) ends.push(endAt(flow, record, wait.untilMs));
  else record.callbackAfterSeconds = WITHOUT_CALLBACK;
  const [only, ...others] = ends;
  if (only === undefined) {
    yield* ctx.deferred().wait();
    return { status: "COMPLETED" };
  }
  return others.length === 0 ? yield* only : yield* ctx.race(ends);
};

/** HUMAN: until an update from outside. */
export const runHuman: TaskExecutor = function* ({ ctx, execution }, record): Code<TaskOutcome> {
  execution.begin(record);
  yield* ctx.deferred().wait();
  return { status: "COMPLETED" };
};
