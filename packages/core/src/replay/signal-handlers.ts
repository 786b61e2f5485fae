import { CancelledError, decodePayload, type HistoryCommand } from "@heddle/protocol";
import { assertNotAsync } from "./async-handler.js";
import { Fiber } from "./fiber.js";
import { isGenerator } from "./operations/branch.js";
import type { Outcome } from "./outcome.js";
import type { Runtime, Strand } from "./runtime.js";
import type { SignalBuffer } from "./signal-buffer.js";

type Handler = (payload: unknown) => unknown;

interface Registered {
  handler: Handler;
  /** It has its turn soon, or is at work. */
  busy: boolean;
  /** The handler's code while it awaits. */
  strand: Strand | undefined;
}

const BEGIN: Outcome = { ok: true, value: undefined };

/**
 * The signal handlers that the code registered. Each takes the signals of its name that no wait has taken, one at a
 * time and in order. A signal counts as consumed when its handler is called, so that what no handler has begun is
 * still there for a wait.
 */
export class SignalHandlers {
  /** Absent until one is registered: most code has none. */
  private registered: Map<string, Registered> | undefined;
  private cancelled = false;

  constructor(
    private readonly runtime: Runtime & { readonly signals: SignalBuffer },
    /** What a handler threw. */
    private readonly fail: (error: unknown) => void,
  ) {}

  get allFinished(): boolean {
    for (const [name, { busy }] of this.registered ?? []) {
      if (busy || this.runtime.signals.has(name)) return false;
    }
    return true;
  }

  /** A later handler of a name replaces the earlier, which finishes what it has begun. */
  register(name: string, handler: Handler): void {
    const known = this.registered?.get(name);
    if (known === undefined) {
      this.registered ??= new Map();
      this.registered.set(name, { handler, busy: false, strand: undefined });
    } else {
      known.handler = handler;
    }
    this.arrived(name);
  }

  /** There may be a signal of that name that no wait has taken. */
  arrived(name: string): void {
    const registered = this.registered?.get(name);
    if (registered === undefined || registered.busy || !this.runtime.signals.has(name)) return;
    registered.busy = true;
    this.runtime.schedule(this.turnOf(name, registered), BEGIN);
  }

  /** Cancels the handlers at work; those called later are not affected. */
  cancel(reason: string): void {
    this.cancelled = true;
    for (const { strand } of this.registered?.values() ?? []) strand?.cancel(this.runtime, reason);
  }

  private turnOf(name: string, registered: Registered): Strand {
    return {
      advance: () => this.call(name, registered),
      cancel: () => undefined,
    };
  }

  private call(name: string, registered: Registered): Promise<void> | undefined {
    const payload = this.runtime.signals.takeOldest(name);
    if (payload === undefined) {
      // A wait that began meanwhile took it.
      registered.busy = false;
      return undefined;
    }
    this.runtime.emit({ kind: "signal-handled", name } satisfies HistoryCommand);
    const ended = (outcome: Outcome): void => {
      registered.busy = false;
      registered.strand = undefined;
      // A handler that lets the cancellation of its run through just ends; the code decides about the run.
      const failed = !outcome.ok && !(this.cancelled && outcome.error instanceof CancelledError);
      if (failed) this.fail(outcome.error);
      else this.arrived(name);
    };
    try {
      const result = registered.handler(decodePayload(payload));
      if (isGenerator(result)) {
        const fiber = new Fiber(result, ended);
        registered.strand = fiber;
        return fiber.advance(this.runtime, BEGIN);
      }
      assertNotAsync(`signal "${name}"`, result);
      ended(BEGIN);
    } catch (error) {
      ended({ ok: false, error });
    }
    return undefined;
  }
}
