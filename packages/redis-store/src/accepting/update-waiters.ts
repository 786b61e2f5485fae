import type {
  StartWithUpdateReply,
  StartWithUpdateRequest,
  UpdateRef,
  UpdateReply,
  UpdateRequest,
  UpdateState,
  UpdateWait,
} from "@heddle/core";
import { ShutDownError } from "@heddle/protocol";
import { closedMessage, unpackMessage, updateMessage } from "../messages.js";
import { isRetryable } from "../redis-failure.js";
import type { StoreContext } from "../store-context.js";
import type { Subscriptions } from "../subscriptions.js";
import { startWithUpdate } from "./start-with-update.js";
import { lookAtUpdate, requestUpdate, storedFailure } from "./update.js";
import { UpdateWaiter } from "./update-waiter.js";

/**
 * Most updates are done sooner. Whoever still waits then looks, and is noted for the end of the run as well: a
 * termination knows who waits for the run, not who waits for its updates.
 */
const FIRST_LOOK_MS = 1_000;
/** A message can be lost with its connection; every waiter looks again this often. */
const LOOK_AGAIN_MS = 10_000;

/** Everyone in this process who waits for an update. One channel serves them all; commits publish to it. */
export class UpdateWaiters {
  private readonly waiters = new Map<string, Set<UpdateWaiter>>();
  private readonly channel: string;

  constructor(
    private readonly context: StoreContext,
    private readonly subscriptions: Subscriptions,
    clientId: string,
  ) {
    this.channel = context.keys.clientChannel(`${clientId}:updates`);
    subscriptions.onReconnect(() => {
      for (const waiter of this.all) void this.look(waiter);
    });
  }

  /** Requests an update and waits until it is as far as asked for. */
  async request(request: UpdateRequest, { until, signal }: UpdateWait): Promise<UpdateReply> {
    signal?.throwIfAborted();
    if (until === "admitted") return requestUpdate(this.context, request, "");
    await this.subscribe();
    signal?.throwIfAborted();
    const { workflowId, updateId } = request;
    return this.during(new UpdateWaiter({ workflowId, updateId }, until), signal, async (waiter) => {
      waiter.answered(await requestUpdate(this.context, request, this.channel));
      this.lookIn(waiter, FIRST_LOOK_MS);
      return waiter.reply;
    });
  }

  /** Starts the run that is to take the update, if there is none, and waits like `request`. */
  async startWith(
    request: StartWithUpdateRequest,
    { until, signal }: UpdateWait,
  ): Promise<StartWithUpdateReply> {
    signal?.throwIfAborted();
    if (until === "admitted") return startWithUpdate(this.context, request, "");
    await this.subscribe();
    signal?.throwIfAborted();
    const { workflowId, update } = request;
    const waiter = new UpdateWaiter({ workflowId, updateId: update.updateId }, until);
    return this.during(waiter, signal, async () => {
      const reply = await startWithUpdate(this.context, request, this.channel);
      if (!("update" in reply)) return reply;
      waiter.answered(reply.update);
      this.lookIn(waiter, FIRST_LOOK_MS);
      return { outcome: reply.outcome, update: await waiter.reply };
    });
  }

  /** Waits for an update that was requested before. */
  async wait(update: UpdateRef, { until, signal }: UpdateWait): Promise<UpdateReply> {
    signal?.throwIfAborted();
    await this.subscribe();
    signal?.throwIfAborted();
    return this.during(new UpdateWaiter(update, until), signal, (waiter) => {
      void this.look(waiter);
      return waiter.reply;
    });
  }

  close(): void {
    for (const waiter of this.all) {
      const { workflowId, updateId } = waiter.update;
      waiter.fail(
        new ShutDownError(
          `stopped waiting for update "${updateId}" of workflow "${workflowId}": the store is closed`,
        ),
      );
    }
  }

  private get all(): UpdateWaiter[] {
    return [...this.waiters.values()].flatMap((set) => [...set]);
  }

  private subscribe(): Promise<void> {
    return this.context.ask(() => this.subscriptions.subscribe(this.channel, (data) => this.receive(data)));
  }

  /** Listens for the waiter from before `ask` until that has its answer; fails sooner when `signal` aborts. */
  private async during<Reply>(
    waiter: UpdateWaiter,
    signal: AbortSignal | undefined,
    ask: (waiter: UpdateWaiter) => Promise<Reply>,
  ): Promise<Reply> {
    const { workflowId } = waiter.update;
    const abort = (): void => waiter.fail(signal?.reason as Error);
    signal?.addEventListener("abort", abort);
    const waiters = this.waiters.get(workflowId) ?? new Set();
    this.waiters.set(workflowId, waiters.add(waiter));
    try {
      return await waiter.unlessFailed(ask(waiter));
    } finally {
      signal?.removeEventListener("abort", abort);
      waiters.delete(waiter);
      clearTimeout(waiter.lookAgain);
      if (waiters.size === 0 && this.waiters.get(workflowId) === waiters) this.waiters.delete(workflowId);
    }
  }

  private receive(data: Buffer): void {
    const message = unpackMessage(data);
    const progress = updateMessage.safeParse(message);
    if (progress.success) {
      const [workflowId, runId, firstRunId, updateId, state, bytes] = progress.data;
      for (const waiter of this.waiters.get(workflowId) ?? []) {
        if (waiter.update.updateId !== updateId) continue;
        const known = stateOf(state, { runId, firstRunId }, bytes);
        if (known === undefined) void this.look(waiter);
        else waiter.heard(known);
      }
    }
    const closed = closedMessage.safeParse(message);
    if (!closed.success) return;
    for (const waiter of this.waiters.get(closed.data[0]) ?? []) void this.look(waiter);
  }

  /** Asks where the update is. Safe to repeat, so an outage is waited out; what is wrong for good is told. */
  private async look(waiter: UpdateWaiter): Promise<void> {
    const { update, firstRunId } = waiter;
    // Its request is on its way; the answer tells.
    if (firstRunId === undefined) return;
    try {
      waiter.answered(await lookAtUpdate(this.context, { ...update, firstRunId }, this.channel));
    } catch (error) {
      if (!isRetryable(error)) waiter.fail(error as Error);
    }
    this.lookIn(waiter, LOOK_AGAIN_MS);
  }

  private lookIn(waiter: UpdateWaiter, delayMs: number): void {
    clearTimeout(waiter.lookAgain);
    if (this.waiters.get(waiter.update.workflowId)?.has(waiter) !== true) return;
    waiter.lookAgain = setTimeout(() => void this.look(waiter), delayMs).unref();
  }
}

/** What a message says; nothing when it only asks to look. */
function stateOf(
  state: string,
  runs: { readonly runId: string; readonly firstRunId: string },
  bytes: Uint8Array,
): UpdateState | undefined {
  switch (state) {
    case "accepted":
      return { outcome: "accepted", ...runs };
    case "completed":
      return { outcome: "completed", ...runs, record: bytes };
    case "rejected":
      return { outcome: "rejected", ...runs, failure: storedFailure(bytes) };
    default:
      return undefined;
  }
}
