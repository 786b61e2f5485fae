import { parseWaitDuration } from "../../definition/wait-duration.js";
import { parseWaitUntil } from "../../definition/wait-until.js";
import type { JsonMap } from "../../definition/json-bean.js";
import type { Code, TaskExecutor } from "../task-executor.js";
import { WITHOUT_CALLBACK, type TaskOutcome } from "../task-record.js";

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

/** WAIT: until its time has come, or an update from outside. */
export const runWait: TaskExecutor = function* ({ ctx, execution }, record): Code<TaskOutcome> {
  execution.begin(record);
  const wait = waitOf(record.input, ctx.now());
  if ("problem" in wait) return { status: "FAILED_WITH_TERMINAL_ERROR", reason: wait.problem };
  if (wait.untilMs === undefined || record.task.asyncComplete) {
    record.callbackAfterSeconds = WITHOUT_CALLBACK;
    yield* ctx.deferred().wait();
  } else {
    record.callbackAfterSeconds = Math.max(0, Math.ceil((wait.untilMs - ctx.now()) / 1000));
    yield* ctx.sleepUntil(Math.max(wait.untilMs, 0));
  }
  return { status: "COMPLETED" };
};

/** HUMAN: until an update from outside. */
export const runHuman: TaskExecutor = function* ({ ctx, execution }, record): Code<TaskOutcome> {
  execution.begin(record);
  yield* ctx.deferred().wait();
  return { status: "COMPLETED" };
};
