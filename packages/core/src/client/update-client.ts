import { assertName, assertUpdateId, assertWorkflowId, encodePayload } from "@heddle/protocol";
import type { IdSource } from "../id-source.js";
import type { AcceptingStore, StartReply, StartRequest } from "../store/accepting-store.js";
import type { UpdateRequest } from "../store/update-requests.js";
import { inboxFullError } from "./inbox-full.js";
import { alreadyExists, keyPurged, notRunning } from "./refusals.js";
import type { StartOptions } from "./start-options.js";
import { startOptionsOf, type UpdateWithStartOptions } from "./update-with-start-options.js";
import {
  acceptedUpdateOf,
  assertUpdateOptions,
  updateResultOf,
  type AcceptedUpdate,
  type UpdateOptions,
} from "./update-result.js";

/** An update by name, as it goes with a start. */
export interface NamedUpdate extends UpdateOptions {
  readonly name: string;
  readonly input?: unknown;
}

/** What an update with a start did besides. */
export interface StartedWith {
  /** `existing`: an open run has taken the update, or a run knew its `updateId`. */
  readonly outcome: "started" | "existing";
  readonly workflowId: string;
  /** The run that has the update. */
  readonly runId: string;
}

/** Updates of workflows, over any store. Nothing is written before all input is checked. */
export class UpdateClient {
  constructor(
    private readonly store: AcceptingStore,
    private readonly ids: IdSource,
    private readonly limits: { readonly maxPayloadBytes: number },
    private readonly startRequest: (type: string, input: unknown, options: StartOptions) => StartRequest,
  ) {}

  /**
   * Has the code of an open run take an update; resolves to what its handler returns.
   * Errors: `UpdateRejectedError`, `UpdateNotFoundError`, `UpdateFailedError`, `UpdateNotCompletedError`,
   * `UpdateResultForgottenError`, `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InboxFullError`,
   * `PayloadTooLargeError`.
   */
  async execute(
    workflowId: string,
    name: string,
    input?: unknown,
    options: UpdateOptions = {},
  ): Promise<unknown> {
    const request = this.request({ workflowId, name, input, options });
    const { signal } = options;
    const reply = await this.store.update(request, { until: "completed", ...(signal && { signal }) });
    return updateResultOf(request, reply);
  }

  /** Resolves as soon as the code has accepted the update; `result` waits for the rest. Errors: those of `execute`. */
  async start(
    workflowId: string,
    name: string,
    input?: unknown,
    options: UpdateOptions = {},
  ): Promise<AcceptedUpdate> {
    const request = this.request({ workflowId, name, input, options });
    const { signal } = options;
    const reply = await this.store.update(request, { until: "accepted", ...(signal && { signal }) });
    return acceptedUpdateOf(request, reply);
  }

  /**
   * Starts a workflow with an update, or has the open one take it, in one atomic step; resolves to what its handler
   * returns. A run that was started stays, whatever becomes of the update. Errors: those of `execute`, and
   * `WorkflowAlreadyExistsError`, `IdempotencyKeyPurgedError`.
   */
  async executeWithStart(
    type: string,
    input: unknown,
    update: NamedUpdate,
    options: UpdateWithStartOptions = {},
  ): Promise<StartedWith & { readonly result: unknown }> {
    const { asked, reply } = await this.startWith(type, input, { update, options, until: "completed" });
    const result = updateResultOf(asked, reply.update);
    const { workflowId, runId } = acceptedUpdateOf(asked, reply.update);
    return { outcome: reply.outcome, workflowId, runId, result };
  }

  /** The same, but resolves as soon as the code has accepted the update. */
  async startWithStart(
    type: string,
    input: unknown,
    update: NamedUpdate,
    options: UpdateWithStartOptions = {},
  ): Promise<StartedWith & { readonly update: AcceptedUpdate }> {
    const { asked, reply } = await this.startWith(type, input, { update, options, until: "accepted" });
    const accepted = acceptedUpdateOf(asked, reply.update);
    const { workflowId, runId } = accepted;
    return { outcome: reply.outcome, workflowId, runId, update: accepted };
  }

  /** What the handler of an accepted update returns. Errors: those of `execute`. */
  async result(update: AcceptedUpdate, options: { signal?: AbortSignal } = {}): Promise<unknown> {
    const reply = await this.store.awaitUpdate(update, { until: "completed", ...options });
    return updateResultOf(update, reply);
  }

  private async startWith(
    type: string,
    input: unknown,
    asked: { update: NamedUpdate; options: UpdateWithStartOptions; until: "accepted" | "completed" },
  ) {
    const { name, input: updateInput, signal, ...updateOptions } = asked.update;
    const { onOpen, ...start } = this.startRequest(type, input, startOptionsOf(asked.options));
    const { workflowId } = start;
    // A key names the call as a whole: callers that share it share its one update.
    const { updateId = asked.options.idempotencyKey } = updateOptions;
    const options = { ...updateOptions, updateId };
    const update = this.request({ workflowId, name, input: updateInput, options });
    const reply = await this.store.startWithUpdate(
      { ...start, onOpen: onOpen === "fail" ? "fail" : "use-existing", update },
      { until: asked.until, ...(signal && { signal }) },
    );
    if (!("update" in reply)) throw notStarted(workflowId, asked.options, reply);
    return { asked: { workflowId, updateId: update.updateId }, reply };
  }

  private request(asked: {
    workflowId: string;
    name: string;
    input: unknown;
    options: UpdateOptions;
  }): UpdateRequest {
    const { workflowId, name, options } = asked;
    assertWorkflowId(workflowId);
    assertName(name, "update name");
    assertUpdateOptions(options);
    const { updateId = this.ids.randomId() } = options;
    assertUpdateId(updateId);
    const { maxBytes, what } = { maxBytes: this.limits.maxPayloadBytes, what: `input of update "${name}"` };
    return { workflowId, name, updateId, input: encodePayload(asked.input, { what, maxBytes }) };
  }
}

function notStarted(
  workflowId: string,
  { idempotencyKey }: UpdateWithStartOptions,
  reply: Exclude<StartReply, { outcome: "started" }>,
): Error {
  switch (reply.outcome) {
    case "open":
      return alreadyExists(workflowId, reply);
    case "closed":
      return idempotencyKey === undefined ? alreadyExists(workflowId, reply) : notRunning(workflowId, reply);
    case "purged":
      return keyPurged(idempotencyKey, workflowId);
    case "inbox-full":
      return inboxFullError(workflowId, reply);
  }
}
