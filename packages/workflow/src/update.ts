import { assertName } from "@heddle/protocol";
import type { WorkflowGenerator } from "./operation.js";

declare const inputType: unique symbol;
declare const outputType: unique symbol;

/** Names an update and carries the types of its input and result; at run time it is just `{ name }`. */
export interface UpdateHandle<Input, Output> {
  readonly name: string;
  /** Type only; never set. */
  readonly [inputType]?: (input: Input) => void;
  /** Type only; never set. */
  readonly [outputType]?: Output;
}

/** `update<Output>(name)` for an update without input, `update<Input, Output>(name)` for one with. */
export function update<Output = unknown>(name: string): UpdateHandle<void, Output>;
export function update<Input, Output>(name: string): UpdateHandle<Input, Output>;
export function update(name: string): UpdateHandle<unknown, unknown> {
  assertName(name, "update name");
  return { name };
}

/**
 * What an update does to the workflow: a plain function, or a generator that awaits with `yield*` like the workflow
 * itself. What it returns is the caller's result.
 */
export type UpdateHandler<Input, Output> = (input: Input) => Output | WorkflowGenerator<Output>;

export interface UpdateHandlerOptions<Input> {
  /**
   * Refuses an update by throwing, before anything of it is recorded. Sees the workflow's state, must not change it,
   * and awaits nothing. Not asked again on replay.
   */
  readonly validate?: (input: Input) => void;
}
