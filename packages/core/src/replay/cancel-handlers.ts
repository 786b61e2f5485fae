import type { Log } from "@heddle/workflow";

/** What the code wants to do at the moment its run is asked to cancel; see `ctx.onCancel`. */
export class CancelHandlers {
  private readonly handlers: ((reason: string) => unknown)[] = [];
  private reason: string | undefined;

  constructor(
    private readonly log: Log,
    private readonly isReplaying: () => boolean,
  ) {}

  /** A handler that comes after the request is called at once. */
  register(handler: (reason: string) => unknown): void {
    if (this.reason === undefined) this.handlers.push(handler);
    else this.call(handler, this.reason);
  }

  /** Calls each once, in the order of registration. */
  run(reason: string): void {
    this.reason = reason;
    for (const handler of this.handlers.splice(0)) this.call(handler, reason);
  }

  /** A handler that throws must not keep the cancellation from the code. */
  private call(handler: (reason: string) => unknown, reason: string): void {
    const isReplaying = this.isReplaying();
    const tell = (error: unknown): void => {
      if (!isReplaying)
        this.log.error("a handler of ctx.onCancel failed; the cancellation goes on", { error });
    };
    try {
      const returned = handler(reason);
      if (returned instanceof Promise) returned.catch(tell);
    } catch (error) {
      tell(error);
    }
  }
}
