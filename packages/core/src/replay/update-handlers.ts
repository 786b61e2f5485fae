import {
  encodePayload,
  failureOf,
  InvalidArgumentError,
  UpdateNotFoundError,
  type Failure,
  type HistoryCommand,
} from "@heddle/protocol";
import { assertNotAsync } from "./async-handler.js";
import { isGenerator } from "./operations/branch.js";
import type { Outcome } from "./outcome.js";
import type { Runtime, Strand } from "./runtime.js";

export interface Update {
  readonly name: string;
  readonly updateId: string;
  readonly input: unknown;
}

interface Registered {
  readonly handler: (input: unknown) => unknown;
  readonly validate: ((input: unknown) => unknown) | undefined;
}

/** The update handlers that the code registered, and the accepted updates that they are at work on. */
export class UpdateHandlers {
  /** Absent until there is one: most code takes no updates. */
  private handlers: Map<string, Registered> | undefined;
  private open: Map<string, Strand | undefined> | undefined;

  constructor(private readonly runtime: Runtime) {}

  /** Accepted updates that are not completed. */
  get openIds(): readonly string[] {
    return this.open === undefined ? [] : [...this.open.keys()];
  }

  register(name: string, registered: Registered): void {
    this.handlers ??= new Map();
    this.handlers.set(name, registered);
  }

  /** Why the code does not accept the update as it stands; `undefined` when it does. Changes nothing. */
  refusal({ name, input }: Omit<Update, "updateId">): Failure | undefined {
    try {
      const registered = this.find(name);
      const verdict = registered.validate?.(input);
      if (!(verdict instanceof Promise)) return undefined;
      verdict.catch(() => undefined);
      throw new InvalidArgumentError(`the validator of update "${name}" is async; it must decide at once`);
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Runs the handler of an accepted update, up to where it awaits or its end. */
  begin({ name, updateId, input }: Update): void {
    this.open ??= new Map();
    this.open.set(updateId, undefined);
    let returned: unknown;
    try {
      returned = this.find(name).handler(input);
      assertNotAsync(`update "${name}"`, returned);
    } catch (error) {
      this.end(updateId, { ok: false, error });
      return;
    }
    if (!isGenerator(returned)) {
      this.end(updateId, { ok: true, value: returned });
      return;
    }
    this.open.set(
      updateId,
      this.runtime.spawn(returned, (outcome) => this.end(updateId, outcome)),
    );
  }

  /** The run is asked to cancel: handlers see it at their next `yield*`, as the code does. */
  cancel(reason: string): void {
    for (const strand of [...(this.open?.values() ?? [])]) strand?.cancel(this.runtime, reason);
  }

  private find(name: string): Registered {
    const registered = this.handlers?.get(name);
    if (registered !== undefined) return registered;
    const known = [...(this.handlers?.keys() ?? [])].sort();
    throw new UpdateNotFoundError(
      `the workflow takes no update "${name}" now; it takes ${known.join(", ") || "none"}`,
      { details: { update: name, known } },
    );
  }

  private end(updateId: string, outcome: Outcome): void {
    if (this.open?.delete(updateId) === true) this.runtime.emit(this.commandOf(updateId, outcome));
  }

  private commandOf(updateId: string, outcome: Outcome): HistoryCommand {
    try {
      if (!outcome.ok) throw outcome.error;
      const result = encodePayload(outcome.value, {
        what: "result of the update",
        maxBytes: this.runtime.maxPayloadBytes,
      });
      return { kind: "update-completed", updateId, result };
    } catch (error) {
      return { kind: "update-failed", updateId, failure: failureOf(error) };
    }
  }
}
