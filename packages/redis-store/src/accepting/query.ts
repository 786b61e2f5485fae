import { setTimeout as delay } from "node:timers/promises";
import { randomBytes } from "node:crypto";
import type { QueryReply, QueryRequest } from "@heddle/core";
import { isClosedStatus, QueryUnavailableError } from "@heddle/protocol";
import { answerMessage, packMessage, unpackMessage } from "../messages.js";
import { readHeader } from "../reading/describe.js";
import type { StoreContext } from "../store-context.js";
import type { Subscriptions } from "../subscriptions.js";

/** A question can be lost with a connection or with its owner; it is put again this often until the deadline. */
const ASK_AGAIN_MS = 500;
/** How soon to look for an owner again while a partition has none. */
const LOOK_AGAIN_MS = 50;

/** Questions of this process to the owners of partitions, answered over one channel. */
export class Questions {
  private readonly open = new Map<string, (reply: QueryReply) => void>();
  private readonly channel: string;

  constructor(
    private readonly context: StoreContext,
    private readonly subscriptions: Subscriptions,
    clientId: string,
  ) {
    this.channel = context.keys.clientChannel(`${clientId}:answers`);
  }

  async ask(request: QueryRequest): Promise<QueryReply> {
    const header = await readHeader(this.context, request.workflowId);
    if (header === undefined) return { outcome: "not-found" };
    if (isClosedStatus(header.status)) return { outcome: "closed" };
    if (header.status === "suspended") return { outcome: "suspended" };
    await this.subscribe();

    const requestId = randomBytes(12).toString("base64url");
    const answered = new AbortController();
    const answer = new Promise<QueryReply>((resolve) => {
      this.open.set(requestId, (reply) => {
        resolve(reply);
        answered.abort();
      });
    });
    try {
      return await Promise.race([answer, this.askUntil(request, requestId, answered.signal)]);
    } finally {
      this.open.delete(requestId);
      answered.abort();
    }
  }

  /** Puts the question to whoever owns the partition at the time; never answers, only gives up. */
  private async askUntil(request: QueryRequest, requestId: string, answered: AbortSignal): Promise<never> {
    const { workflowId, name, input, timeoutMs } = request;
    const deadline = performance.now() + timeoutMs;
    const question = packMessage({
      kind: "query",
      requestId,
      replyTo: this.channel,
      workflowId,
      name,
      input,
    });
    const leaseKey = this.context.keys.partitionOf(workflowId).lease;
    while (performance.now() < deadline) {
      const owner = await this.context.ask((client) => client.hget(leaseKey, "owner"));
      if (owner !== null) {
        const channel = this.context.keys.queryChannel(owner);
        await this.context.ask((client) => client.publish(channel, question));
      }
      const pause = owner === null ? LOOK_AGAIN_MS : ASK_AGAIN_MS;
      const leftMs = Math.max(0, Math.min(pause, deadline - performance.now()));
      await delay(leftMs, undefined, { signal: answered }).catch(() => undefined);
      if (answered.aborted) return new Promise<never>(() => undefined);
    }
    throw new QueryUnavailableError(
      `no coordinator answered query "${name}" of workflow "${workflowId}" within ${timeoutMs} ms; ` +
        `check that a coordinator with its type is running`,
      { details: { workflowId, query: name, timeoutMs } },
    );
  }

  private subscribe(): Promise<void> {
    return this.context.ask(() => this.subscriptions.subscribe(this.channel, (data) => this.receive(data)));
  }

  private receive(data: Buffer): void {
    const message = answerMessage.safeParse(unpackMessage(data));
    if (message.success) this.open.get(message.data.requestId)?.(message.data.reply);
  }
}
