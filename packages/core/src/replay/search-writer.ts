import {
  assertAttributes,
  encodePayload,
  InvalidArgumentError,
  MAX_ATTRIBUTES,
  tooManyAttributes,
  type AttributeTypes,
} from "@heddle/protocol";
import type { CodeRuntime } from "./code-runtime.js";

/** `ctx.setAttributes` and `ctx.setMemo`: decisions of the code that a commit makes visible to lists. */
export class SearchWriter {
  /** Names that this run's code has set; absent for most code. */
  private names: Set<string> | undefined;

  constructor(
    private readonly runtime: Pick<CodeRuntime, "emit" | "maxPayloadBytes">,
    private readonly declared: AttributeTypes,
    /** A query or a validator is being asked, which must change nothing. */
    private readonly isAsked: () => boolean,
  ) {}

  setAttributes(changes: unknown): void {
    this.assertMayWrite("setAttributes");
    assertAttributes(changes, this.declared);
    const names = Object.keys(changes);
    if (names.length === 0) return;
    // Of the code's own names only: what was set from outside is not part of the history.
    const all = new Set([...(this.names ?? []), ...names]);
    if (all.size > MAX_ATTRIBUTES) throw tooManyAttributes(all.size, "the code of a run");
    this.names = all;
    const attributes = encodePayload(changes, {
      what: "search attributes",
      maxBytes: this.runtime.maxPayloadBytes,
    });
    this.runtime.emit({ kind: "attributes-set", names, attributes });
  }

  setMemo(memo: unknown): void {
    this.assertMayWrite("setMemo");
    if (memo === undefined) {
      this.runtime.emit({ kind: "memo-set" });
      return;
    }
    const { maxPayloadBytes } = this.runtime;
    this.runtime.emit({
      kind: "memo-set",
      memo: encodePayload(memo, { what: "memo", maxBytes: maxPayloadBytes }),
    });
  }

  private assertMayWrite(call: string): void {
    if (!this.isAsked()) return;
    throw new InvalidArgumentError(
      `ctx.${call} was called by a query or a validator, which must change nothing; call it from the workflow or a handler`,
    );
  }
}
