import { assertName, assertSignalId, assertWorkflowId, assertWorkflowType } from "@heddle/protocol";
import type { SignalHandle } from "@heddle/workflow";
import type { CallOptions, SignalOptions, StartOptions, StartOrSignalOptions } from "./call-options.js";
import { withWorkflowId } from "./call-parameters.js";
import { jsonBody } from "./http/json-body.js";
import { apiPath } from "./http/path.js";
import { errorOfReply } from "./http/problem.js";
import { randomId } from "./http/random-id.js";
import type { ReplyBody } from "./http/reply-body.js";
import type { Transport } from "./http/transport.js";
import { withoutDates } from "./search-options.js";
import type { SignalAcknowledgement } from "./workflow-calls.js";
import { type BatchedRun, nameOf } from "./workflow-handle.js";

/** One start of a batch; with `signal` it is a start-or-signal, and its policies are those of that call. */
export type BatchStart =
  | ({ readonly type: string; readonly input?: unknown; readonly signal?: undefined } & Omit<
      StartOptions,
      "signal"
    >)
  | ({
      readonly type: string;
      readonly input?: unknown;
      readonly signal: {
        readonly name: string;
        readonly payload?: unknown;
        readonly signalId?: string | undefined;
      };
    } & Omit<StartOrSignalOptions, "signal">);

/** One signal of a batch. */
export interface BatchSignal extends Omit<SignalOptions, "signal"> {
  /** Of the workflow. */
  readonly id: string;
  readonly signal: SignalHandle<never> | string;
  readonly payload?: unknown;
}

/** What the gateway takes at once. */
const MOST_ENTRIES = 500;
/** Well below what a gateway takes unless it is set otherwise; an entry that is larger by itself travels alone. */
const MOST_BYTES = 1024 * 1024;

/** Many starts or signals in few requests. Ids that make them safe to repeat are made before the first is sent. */
export class BatchCalls {
  constructor(private readonly transport: Transport) {}

  async start(
    entries: readonly BatchStart[],
    options: CallOptions = {},
  ): Promise<PromiseSettledResult<BatchedRun>[]> {
    return this.send(apiPath("workflows", "batch"), entries.map(startEntry), options, (item) => ({
      workflowId: item.text("id"),
      runId: item.text("runId"),
      outcome: item.oneOf("outcome", ["started", "existing", "signalled", "duplicate"]),
    }));
  }

  async signal(
    entries: readonly BatchSignal[],
    options: CallOptions = {},
  ): Promise<PromiseSettledResult<SignalAcknowledgement>[]> {
    return this.send(apiPath("signals", "batch"), entries.map(signalEntry), options, (item) => ({
      workflowId: item.text("id"),
      runId: item.text("runId"),
      signalId: item.text("signalId"),
    }));
  }

  private async send<Accepted>(
    path: string,
    entries: readonly object[],
    { signal }: CallOptions,
    acceptedFrom: (item: ReplyBody) => Accepted,
  ): Promise<PromiseSettledResult<Accepted>[]> {
    const results: PromiseSettledResult<Accepted>[] = [];
    for (const items of inBatches(entries)) {
      try {
        const reply = await this.transport.send({
          method: "POST",
          path,
          body: { items },
          applies: "once",
          signal,
        });
        results.push(...reply.body.list("items").map((item) => settled(item, acceptedFrom)));
      } catch (reason) {
        signal?.throwIfAborted();
        // What was accepted before is told all the same.
        results.push(...items.map(() => ({ status: "rejected" as const, reason })));
      }
    }
    return results;
  }
}

/** Throws `PayloadNotSerializableError` before the first is sent. */
function inBatches(entries: readonly object[]): object[][] {
  const batches: object[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = new TextEncoder().encode(jsonBody(entry)).byteLength;
    const current = batches.at(-1);
    if (current === undefined || current.length === MOST_ENTRIES || bytes + size > MOST_BYTES) {
      batches.push([entry]);
      bytes = size;
    } else {
      current.push(entry);
      bytes += size;
    }
  }
  return batches;
}

function settled<Accepted>(
  item: ReplyBody,
  acceptedFrom: (item: ReplyBody) => Accepted,
): PromiseSettledResult<Accepted> {
  const body = item.get("problem");
  if (body === undefined) return { status: "fulfilled", value: acceptedFrom(item) };
  return { status: "rejected", reason: errorOfReply({ status: item.whole("status"), body }) };
}

function startEntry({ type, attributes, ...rest }: BatchStart): object {
  assertWorkflowType(type);
  const operation = rest.signal === undefined ? "start" : "start-or-signal";
  const startAt =
    "startAt" in rest && rest.startAt instanceof Date ? { startAt: rest.startAt.getTime() } : {};
  const named = { ...withWorkflowId(rest), operationId: randomId() };
  return { operation, type, ...named, ...startAt, attributes: withoutDates(attributes) };
}

function signalEntry({ id, signal, payload, signalId = randomId() }: BatchSignal): object {
  const name = nameOf(signal);
  assertWorkflowId(id);
  assertName(name, "signal name");
  assertSignalId(signalId);
  return { id, name, payload, signalId };
}
