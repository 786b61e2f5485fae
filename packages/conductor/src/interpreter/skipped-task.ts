import type { JsonMap } from "../definition/json-bean.js";

/** A task that is not to be run when its turn comes. */
export interface SkippedTask {
  readonly taskInput?: JsonMap | undefined;
  readonly taskOutput?: JsonMap | undefined;
}
