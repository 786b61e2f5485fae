import { deflateRawSync, inflateRawSync } from "node:zlib";
import { decodePayload, encodePayload } from "@heddle/protocol";
import { eachTask } from "../definition/each-task.js";
import type { JsonMap } from "../definition/json-bean.js";
import type { WorkflowDef, WorkflowTask } from "../definition/workflow-def.js";
import type { CarriedExecution, CarriedSignal, ExecutionInput } from "./execution-input.js";
import type { SkippedTask } from "./skipped-task.js";
import { taskDefOf, type TaskRecord } from "./task-record.js";

type KeptFields = Omit<TaskRecord, "task" | "taskDef" | "delayMs" | "settlement">;

/** One attempt that the run before made, and what the run that follows does with it when its turn comes. */
export interface CarriedTask extends KeptFields {
  /** The reference name in the definition. */
  readonly name: string;
  /** When it is not the one that the definition has under this name: of a dynamic fork, a DYNAMIC task. */
  readonly task?: WorkflowTask | undefined;
  /** Absent: it stands as it ended. `retry`: another attempt follows. `again`: this attempt is made once more. */
  readonly then?: "retry" | "again" | undefined;
  /** Of a SUB_WORKFLOW that is made `again`: how its child goes on, under the id that it has. */
  readonly child?: ExecutionInput | undefined;
}

/** An execution as its code left it, with everything that a run which follows may take over. */
export interface ExecutionSnapshot {
  readonly start: ExecutionInput;
  readonly createMs: number;
  readonly variables: JsonMap;
  readonly skipped: Readonly<Record<string, SkippedTask>>;
  /** Of earlier runs, not taken yet. */
  readonly signals: readonly CarriedSignal[];
  readonly tasks: readonly CarriedTask[];
}

/** Enough for any input that Redis accepts, and an end for one that only claims to be small. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;

export function packTasks(tasks: readonly CarriedTask[]): Uint8Array {
  return new Uint8Array(deflateRawSync(encodePayload(tasks)));
}

function unpackTasks(packed: Uint8Array): readonly CarriedTask[] {
  const bytes = inflateRawSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES });
  return decodePayload(bytes) as readonly CarriedTask[];
}

/** The tasks by the reference names of the definition. */
export function tasksByName({ tasks }: WorkflowDef): Map<string, WorkflowTask> {
  return new Map(Array.from(eachTask(tasks), ({ task }) => [task.taskReferenceName, task]));
}

/** The records of earlier runs that an execution has from its start on, until its code comes to them. */
export class CarriedRecords {
  /** All attempts of a task, by its reference name with the numbers of its iterations. */
  readonly #byRef = new Map<string, { readonly record: TaskRecord; readonly carried: CarriedTask }[]>();
  readonly #children = new Map<string, ExecutionInput>();
  readonly #signals: CarriedSignal[];

  constructor(execution: CarriedExecution | undefined, definition: WorkflowDef, add: AddRecord) {
    this.#signals = [...(execution?.signals ?? [])];
    if (execution === undefined) return;
    const defined = tasksByName(definition);
    for (const carried of unpackTasks(execution.tasks)) {
      const task = carried.task ?? defined.get(carried.name);
      // Of another definition: nothing comes to it any more.
      if (task === undefined) continue;
      const record = add(carried, task);
      if (carried.child !== undefined) this.#children.set(record.taskId, carried.child);
      const attempts = this.#byRef.get(carried.ref);
      if (attempts === undefined) this.#byRef.set(carried.ref, [{ record, carried }]);
      else attempts.push({ record, carried });
    }
  }

  get signals(): readonly CarriedSignal[] {
    return this.#signals;
  }

  /** The oldest signal of that name that an earlier run accepted and did not take. */
  takeSignal(name: string): CarriedSignal | undefined {
    const index = this.#signals.findIndex((signal) => signal.name === name);
    return index === -1 ? undefined : this.#signals.splice(index, 1)[0];
  }

  /** How the child of a SUB_WORKFLOW goes on that is made again. */
  childOf({ taskId }: TaskRecord): ExecutionInput | undefined {
    return this.#children.get(taskId);
  }

  /** The last attempt at a task that has not been taken. */
  last(ref: string): { readonly record: TaskRecord; readonly carried: CarriedTask } | undefined {
    return this.#byRef.get(ref)?.at(-1);
  }

  /** All attempts at a task, when the code comes to it. */
  take(ref: string): readonly { readonly record: TaskRecord; readonly carried: CarriedTask }[] {
    const attempts = this.#byRef.get(ref) ?? [];
    this.#byRef.delete(ref);
    return attempts;
  }
}

type AddRecord = (carried: CarriedTask, task: WorkflowTask) => TaskRecord;

/** The fields of a record as an execution begins with it. One that is made again is as it was before it began. */
export function restoredFields(
  carried: CarriedTask,
  task: WorkflowTask,
  nowMs: number,
): Omit<TaskRecord, "settlement"> {
  const { name: _name, then, child: _child, ...kept } = carried;
  const record = { ...kept, task, taskDef: taskDefOf(task), delayMs: 0 };
  if (then !== "again") return record;
  return {
    ...record,
    ...{ status: "SCHEDULED", retried: false, reason: undefined, workerId: undefined },
    ...{ scheduledMs: nowMs, firstScheduledMs: nowMs, updateMs: nowMs },
    ...{ startMs: undefined, endMs: undefined, callbackAfterSeconds: 0, pollCount: 0 },
  };
}
