import { workflow, type WorkflowContext, type WorkflowGenerator } from "@heddle/workflow";
import { RecordedRun, type RecordedRunOptions } from "./recorded-run.js";

export type Code<Input> = (ctx: WorkflowContext, input: Input) => WorkflowGenerator<unknown>;
export type StartRun = <Input>(
  code: Code<Input>,
  input?: Input,
  options?: RecordedRunOptions,
) => Promise<RecordedRun>;

/** A run of this code that has been fed its start. */
export const startRun: StartRun = async (code, input, options) => {
  const run = new RecordedRun(workflow({ name: "test" }).execute(code), options);
  await run.start(input);
  return run;
};

const startRebuiltRun: StartRun = (code, input, options) =>
  startRun(code, input, { ...options, rebuildBeforeEachEvent: true });

/** Behaviour must not depend on whether the owner kept the run in memory. */
export const BOTH_WAYS: readonly (readonly [way: string, start: StartRun])[] = [
  ["kept in memory", startRun],
  ["rebuilt from history before every event", startRebuiltRun],
];
