import {
  assertName,
  assertSignalId,
  assertWorkflowId,
  assertWorkflowType,
  type PaginatedResult,
  type WorkflowSummary,
} from "@heddle/protocol";
import type {
  CallOptions,
  ListOptions,
  QueryOptions,
  RunFilterOptions,
  SignalOptions,
  StartOptions,
  StartOrSignalOptions,
  StopOptions,
  UpdateOptions,
} from "./call-options.js";
import { filterParameters, withParameters, withWorkflowId } from "./call-parameters.js";
import { type HistoryEntry, historyEntryFrom } from "./history-entry.js";
import { apiPath } from "./http/path.js";
import { pause } from "./http/pause.js";
import { randomId } from "./http/random-id.js";
import type { Call, Reply, Transport } from "./http/transport.js";
import { RepairCalls } from "./repair-calls.js";
import { SearchCalls } from "./search-calls.js";
import { withoutDates } from "./search-options.js";
import { descriptionFrom, type RunDescription, summaryFrom } from "./run-description.js";
import { updateCall } from "./update-call.js";

/** Same for the first delivery and for every duplicate. */
export interface SignalAcknowledgement {
  readonly workflowId: string;
  readonly runId: string;
  readonly signalId: string;
}

export interface AcceptedUpdate {
  readonly workflowId: string;
  readonly runId: string;
  readonly firstRunId: string;
  readonly updateId: string;
}

interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

/** One long poll. Below the idle time-outs of usual proxies, which cut at 60 s. */
const POLL_MS = 25_000;

/**
 * Every call of the HTTP API by name. Ids that make a call safe to repeat are made here, before it is first sent: the
 * operation id of a start or termination, signal and update ids, and the workflow id when the caller names none.
 */
export class WorkflowCalls {
  readonly repair: RepairCalls;
  readonly search: SearchCalls;

  constructor(readonly transport: Transport) {
    this.repair = new RepairCalls(transport);
    this.search = new SearchCalls(transport);
  }

  async start(type: string, input: unknown, options: StartOptions = {}): Promise<Run> {
    assertWorkflowType(type);
    const { signal, startAt, attributes, ...rest } = options;
    const named = withWorkflowId(rest);
    const { body } = await this.transport.send({
      method: "POST",
      path: apiPath("workflows"),
      body: {
        ...{ type, input, ...named, operationId: randomId(), attributes: withoutDates(attributes) },
        ...(startAt === undefined ? {} : { startAt: startAt instanceof Date ? startAt.getTime() : startAt }),
      },
      details: { workflowId: named.id, idempotencyKey: named.idempotencyKey },
      applies: "once",
      signal,
    });
    return { workflowId: body.text("id"), runId: body.text("runId") };
  }

  async startOrSignal(
    type: string,
    input: unknown,
    signal: { readonly name: string; readonly payload?: unknown; readonly signalId?: string | undefined },
    options: StartOrSignalOptions = {},
  ): Promise<Run & { readonly outcome: "started" | "signalled" | "duplicate" }> {
    assertWorkflowType(type);
    const { signal: abort, attributes, ...rest } = options;
    const named = withWorkflowId(rest);
    const { body } = await this.transport.send({
      method: "POST",
      path: apiPath("workflows", "start-or-signal"),
      body: {
        ...{ type, input, signal, ...named, operationId: randomId() },
        attributes: withoutDates(attributes),
      },
      details: {
        ...{ workflowId: named.id, idempotencyKey: named.idempotencyKey, signalId: signal.signalId },
      },
      applies: "once",
      signal: abort,
    });
    return {
      workflowId: body.text("id"),
      runId: body.text("runId"),
      outcome: body.oneOf("outcome", ["started", "signalled", "duplicate"]),
    };
  }

  async signal(
    workflowId: string,
    name: string,
    payload: unknown,
    options: SignalOptions = {},
  ): Promise<SignalAcknowledgement> {
    assertWorkflowId(workflowId);
    assertName(name, "signal name");
    const { signalId = randomId(), signal } = options;
    assertSignalId(signalId);
    const { body } = await this.transport.send({
      method: "POST",
      path: apiPath("workflows", workflowId, "signals", name),
      body: { payload, signalId },
      details: { workflowId, signalId },
      applies: "once",
      signal,
    });
    return { workflowId: body.text("id"), runId: body.text("runId"), signalId };
  }

  async query(
    workflowId: string,
    name: string,
    input: unknown,
    options: QueryOptions = {},
  ): Promise<unknown> {
    assertWorkflowId(workflowId);
    assertName(name, "query name");
    const { strict, timeoutMs, signal } = options;
    const { body } = await this.transport.send({
      method: "POST",
      path: apiPath("workflows", workflowId, "queries", name),
      body: { input, strict, timeoutMs },
      details: { workflowId, query: name },
      applies: "nothing",
      waitMs: timeoutMs ?? 0,
      signal,
    });
    return body.flag("answered") ? body.get("result") : undefined;
  }

  async result(workflowId: string, options: CallOptions & { runId?: string | undefined } = {}) {
    assertWorkflowId(workflowId);
    const { runId, signal } = options;
    const reply = await this.sendUntil(200, {
      method: "GET",
      path: withParameters(apiPath("workflows", workflowId, "result"), { waitMs: POLL_MS, runId }),
      details: { workflowId, runId },
      applies: "nothing",
      waitMs: POLL_MS,
      signal,
    });
    return reply.body.get("result");
  }

  async update(
    workflowId: string,
    name: string,
    input: unknown,
    options: UpdateOptions = {},
  ): Promise<unknown> {
    const reply = await this.sendUntil(200, updateCall(workflowId, name, { input }, options));
    return reply.body.get("result");
  }

  async startUpdate(
    workflowId: string,
    name: string,
    input: unknown,
    options: UpdateOptions = {},
  ): Promise<AcceptedUpdate> {
    const call = updateCall(workflowId, name, { input, waitFor: "accepted" }, options);
    const { body } = await this.sendUntil(202, call, (reply) => reply.body.get("status") === "accepted");
    return {
      workflowId: body.text("id"),
      updateId: body.text("updateId"),
      runId: body.text("runId"),
      firstRunId: body.text("firstRunId"),
    };
  }

  async updateResult(update: AcceptedUpdate, options: CallOptions = {}): Promise<unknown> {
    const { workflowId, updateId, runId, firstRunId } = update;
    const path = apiPath("workflows", workflowId, "updates", updateId, "result");
    const reply = await this.sendUntil(200, {
      method: "GET",
      path: withParameters(path, { runId, firstRunId, waitMs: POLL_MS }),
      details: { workflowId, updateId, runId },
      applies: "nothing",
      waitMs: POLL_MS,
      signal: options.signal,
    });
    return reply.body.get("result");
  }

  async describe(workflowId: string, { signal }: CallOptions = {}): Promise<RunDescription> {
    assertWorkflowId(workflowId);
    return descriptionFrom((await this.read(apiPath("workflows", workflowId), signal)).body);
  }

  async history(workflowId: string, { signal }: CallOptions = {}): Promise<readonly HistoryEntry[]> {
    assertWorkflowId(workflowId);
    const { body } = await this.read(apiPath("workflows", workflowId, "history"), signal);
    return body.list("items").map(historyEntryFrom);
  }

  async list(options: ListOptions = {}): Promise<PaginatedResult<WorkflowSummary>> {
    const { signal, limit, offset, cursor, ...filter } = options;
    const parameters = { ...filterParameters(filter), limit, offset, cursor };
    const { body } = await this.read(withParameters(apiPath("workflows"), parameters), signal);
    const next = body.optionalText("cursor");
    return {
      items: body.list("items").map(summaryFrom),
      total: body.whole("total"),
      offset: body.whole("offset"),
      limit: body.whole("limit"),
      ...(next === undefined ? {} : { cursor: next }),
    };
  }

  async count(filter: RunFilterOptions & CallOptions = {}): Promise<number> {
    const { signal, ...rest } = filter;
    const path = withParameters(apiPath("workflows", "count"), filterParameters(rest));
    const { body } = await this.read(path, signal);
    return body.whole("count");
  }

  async cancel(workflowId: string, { reason, signal }: StopOptions = {}): Promise<void> {
    await this.control(workflowId, "cancel", { reason }, { applies: "again", signal });
  }
  async terminate(workflowId: string, { reason, signal }: StopOptions = {}): Promise<void> {
    const body = { reason, operationId: randomId() };
    await this.control(workflowId, "terminate", body, { applies: "once", signal });
  }
  async suspend(workflowId: string, { signal }: CallOptions = {}): Promise<void> {
    await this.control(workflowId, "suspend", {}, { applies: "again", signal });
  }
  async resume(workflowId: string, { signal }: CallOptions = {}): Promise<void> {
    await this.control(workflowId, "resume", {}, { applies: "again", signal });
  }

  private async control(
    workflowId: string,
    verb: string,
    body: object,
    call: Pick<Call, "applies" | "signal">,
  ): Promise<void> {
    assertWorkflowId(workflowId);
    const path = apiPath("workflows", workflowId, verb);
    await this.transport.send({ method: "POST", path, body, details: { workflowId }, ...call });
  }

  private read(path: string, signal: AbortSignal | undefined): Promise<Reply> {
    return this.transport.send({ method: "GET", path, applies: "nothing", signal });
  }

  /** Sends the call until it is answered as asked for: what is answered before the wait has passed is asked again later. */
  async sendUntil(
    status: number,
    call: Call,
    isDone: (reply: Reply) => boolean = () => true,
  ): Promise<Reply> {
    for (;;) {
      const sentAtMs = Date.now();
      const reply = await this.transport.send(call);
      if (reply.status === status && isDone(reply)) return reply;
      const tookMs = Date.now() - sentAtMs;
      if (tookMs < (call.waitMs ?? 0) / 2) await pause(reply.retryAfterMs, call.signal);
    }
  }
}
