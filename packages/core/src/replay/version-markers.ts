import { NondeterminismError } from "@heddle/protocol";
import type { CodeRuntime } from "./code-runtime.js";

/**
 * Which version of each change a run takes (`ctx.patched`, `ctx.getVersion`). What was answered once in a run is
 * answered for ever: recorded answers are recalled before replay begins, and a question that history went past
 * without a record is answered with the oldest version.
 */
export class VersionMarkers {
  /** Absent until something is asked or recalled: most code never asks. */
  private answers: Map<string, number> | undefined;

  constructor(private readonly runtime: Pick<CodeRuntime, "replaying" | "emit" | "block">) {}

  recall({ id, version }: { readonly id: string; readonly version: number }): void {
    this.answers ??= new Map();
    this.answers.set(id, version);
  }

  /** Blocks the run and throws `NondeterminismError` when its version is none of these. */
  answer(id: string, { min, max }: { readonly min: number; readonly max: number }): number {
    const known = this.answers?.get(id);
    if (known === undefined) {
      const version = this.runtime.replaying ? min : max;
      this.recall({ id, version });
      if (!this.runtime.replaying) this.runtime.emit({ kind: "version-marked", id, version });
      return version;
    }
    if (known < min || known > max) {
      const error = new NondeterminismError(
        `the run takes version ${known} of change "${id}", the code supports ${min} to ${max}; ` +
          `deploy code that supports version ${known}, or terminate the run`,
        { details: { change: id, recorded: String(known), decided: `${min} to ${max}` } },
      );
      this.runtime.block(error);
      throw error;
    }
    return known;
  }
}
