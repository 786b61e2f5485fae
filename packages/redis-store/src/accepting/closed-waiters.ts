import type {
  AwaitClosedRequest,
  ClosedRun,
  StartAndAwaitReply,
  StartReply,
  StartRequest,
} from "@heddle/core";
import { isClosedStatus, parseStatus, ShutDownError } from "@heddle/protocol";
import { closedMessage, unpackMessage } from "../messages.js";
import { isRetryable } from "../redis-failure.js";
import type { StoreContext } from "../store-context.js";
import type { Subscriptions } from "../subscriptions.js";
import { registerWaiter } from "./await-closed.js";

type Outcome = ClosedRun | { readonly outcome: "not-found" };

interface Waiter {
  readonly workflowId: string;
  /** As the caller named it, "" for the current one: the first of its chain if it continues as new. */
  readonly wantedRunId: string;
  /** What it waits for now. */
  runId: string;
  settle(outcome: Outcome): void;
  fail(error: Error): void;
}

/** A closing message can be lost with its connection; every waiter asks again this often. */
const ASK_AGAIN_MS = 10_000;

/**
 * Everyone in this process who waits for the end of a run. One channel and one connection serve them all;
 * the closing commit publishes, so nothing is polled while a run is open.
 */
export class ClosedWaiters {
  private readonly waiters = new Map<string, Set<Waiter>>();
  private readonly channel: string;
  private askAgain: NodeJS.Timeout | undefined;

  constructor(
    private readonly context: StoreContext,
    private readonly subscriptions: Subscriptions,
    clientId: string,
  ) {
    this.channel = context.keys.clientChannel(`${clientId}:closed`);
    subscriptions.onReconnect(() => this.checkAll());
    // In advance, so that who waits is registered before whatever the same process sends next.
    this.subscribe().catch(() => undefined);
  }

  async wait(request: AwaitClosedRequest): Promise<Outcome> {
    await this.ready(request.signal);
    const { waiter, outcome } = this.expect(request);
    void this.check(waiter);
    return outcome;
  }

  /** `start` registers the channel with the run that it starts; this process listens for that run before it is sent. */
  async startAndWait(
    { workflowId, runId }: StartRequest,
    start: (channel: string) => Promise<StartReply>,
    signal: AbortSignal | undefined,
  ): Promise<StartAndAwaitReply> {
    await this.ready(signal);
    const { waiter, outcome } = this.expect({ workflowId, runId, ...(signal && { signal }) });
    // Nobody listens yet if it fails before the start is answered.
    outcome.catch(() => undefined);
    try {
      const reply = await start(this.channel);
      return reply.outcome === "started" ? { outcome: "ended", run: await outcome } : reply;
    } finally {
      this.remove(waiter);
    }
  }

  private async ready(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.subscriptions.has(this.channel)) return;
    await this.subscribe();
    signal?.throwIfAborted();
  }

  private expect(request: AwaitClosedRequest): { waiter: Waiter; outcome: Promise<Outcome> } {
    const { workflowId, runId = "", signal } = request;
    const { promise: outcome, resolve, reject } = withResolvers<Outcome>();
    const settle = (finish: () => void): void => {
      this.remove(waiter);
      signal?.removeEventListener("abort", abort);
      finish();
    };
    const waiter: Waiter = {
      workflowId,
      wantedRunId: runId,
      runId,
      settle: (found) => settle(() => resolve(found)),
      fail: (error) => settle(() => reject(error)),
    };
    const abort = (): void => waiter.fail(signal?.reason as Error);
    signal?.addEventListener("abort", abort);
    this.add(waiter);
    return { waiter, outcome };
  }

  close(): void {
    clearInterval(this.askAgain);
    for (const waiter of [...this.waiters.values()].flatMap((set) => [...set])) {
      waiter.fail(
        new ShutDownError(`stopped waiting for workflow "${waiter.workflowId}": the store is closed`),
      );
    }
  }

  private subscribe(): Promise<void> {
    return this.context.ask(() => this.subscriptions.subscribe(this.channel, (data) => this.receive(data)));
  }

  private receive(data: Buffer): void {
    const message = closedMessage.safeParse(unpackMessage(data));
    if (!message.success) return;
    const [workflowId, runId, statusText, bytes] = message.data;
    const status = parseStatus(statusText);
    if (!isClosedStatus(status)) return;
    for (const waiter of [...(this.waiters.get(workflowId) ?? [])]) {
      if (waiter.runId !== "" && waiter.runId !== runId) continue;
      if (status === "continued") waiter.runId = Buffer.from(bytes).toString("utf8");
      else waiter.settle({ outcome: "closed", runId, status, record: bytes });
    }
  }

  private async check(waiter: Waiter): Promise<void> {
    try {
      const { workflowId, wantedRunId, runId } = waiter;
      let reply = await registerWaiter(this.context, { workflowId, runId, channel: this.channel });
      if (reply.outcome === "not-found" && runId !== wantedRunId) {
        // It continued more than once while nobody heard; the first run of a chain always leads to the current one.
        reply = await registerWaiter(this.context, { workflowId, runId: wantedRunId, channel: this.channel });
      }
      if (reply.outcome === "waiting") waiter.runId = reply.runId;
      else waiter.settle(reply);
    } catch (error) {
      // Asking is safe to repeat, so an outage is waited out; what is wrong for good is told.
      if (!isRetryable(error)) waiter.fail(error as Error);
    }
  }

  private checkAll(): void {
    for (const set of this.waiters.values()) for (const waiter of set) void this.check(waiter);
  }

  private add(waiter: Waiter): void {
    const set = this.waiters.get(waiter.workflowId);
    if (set === undefined) this.waiters.set(waiter.workflowId, new Set([waiter]));
    else set.add(waiter);
    this.askAgain ??= setInterval(() => this.checkAll(), ASK_AGAIN_MS).unref();
  }

  private remove(waiter: Waiter): void {
    const set = this.waiters.get(waiter.workflowId);
    set?.delete(waiter);
    if (set?.size === 0) this.waiters.delete(waiter.workflowId);
    if (this.waiters.size > 0) return;
    clearInterval(this.askAgain);
    this.askAgain = undefined;
  }
}

/** `Promise.withResolvers` comes with Node 22. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
