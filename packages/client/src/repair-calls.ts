import { assertWorkflowId } from "@heddle/protocol";
import type { BulkTarget } from "./bulk-options.js";
import type { CallOptions } from "./call-options.js";
import { withParameters, withWorkflowId } from "./call-parameters.js";
import { apiPath } from "./http/path.js";
import { randomId } from "./http/random-id.js";
import type { ReplyBody } from "./http/reply-body.js";
import type { Call, Transport } from "./http/transport.js";
import type { ForkOptions, ImportOptions, ResetOptions, RetryRunOptions } from "./repair-options.js";

interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

/** Repairs over HTTP. Each call has an operation id, made before it is first sent. */
export class RepairCalls {
  constructor(private readonly transport: Transport) {}

  reset(workflowId: string, { signal, ...options }: ResetOptions): Promise<Run> {
    return this.post(workflowId, "reset", { body: options, signal });
  }
  retry(workflowId: string, { signal, ...options }: RetryRunOptions = {}): Promise<Run> {
    return this.post(workflowId, "retry", { body: options, signal });
  }
  fork(workflowId: string, { signal, ...options }: ForkOptions): Promise<Run> {
    return this.post(workflowId, "fork", { body: withWorkflowId(options), signal });
  }

  async exportHistory(workflowId: string, { signal }: CallOptions = {}): Promise<string> {
    assertWorkflowId(workflowId);
    const path = apiPath("workflows", workflowId, "history", "export");
    const { text } = await this.transport.send({ method: "GET", path, applies: "nothing", signal });
    return text;
  }

  async importHistory(exported: string | Uint8Array, { id, signal }: ImportOptions = {}): Promise<Run> {
    if (id !== undefined) assertWorkflowId(id);
    const { body } = await this.transport.send({
      method: "POST",
      path: withParameters(apiPath("workflows", "import"), { id, operationId: randomId() }),
      bodyText: typeof exported === "string" ? exported : new TextDecoder().decode(exported),
      details: { workflowId: id },
      applies: "once",
      signal,
    });
    return runFrom(body);
  }

  /**
   * One request of a bulk operation: what became of each of these runs, in their order. One that takes too long is ended
   * by its time-out, at both ends, and what it has not done is done by its repetition.
   */
  async applyToRuns(
    operation: string,
    request: { readonly runs: readonly BulkTarget[]; readonly operationId: string },
    signal: AbortSignal | undefined,
  ): Promise<readonly ReplyBody[]> {
    const { body } = await this.transport.send({
      method: "POST",
      path: apiPath("workflows", "bulk", operation),
      body: request,
      details: { operationId: request.operationId },
      applies: "once",
      signal,
    });
    return body.list("outcomes");
  }

  private async post(
    workflowId: string,
    verb: string,
    { body, signal }: Pick<Call, "signal"> & { readonly body: object },
  ): Promise<Run> {
    assertWorkflowId(workflowId);
    const reply = await this.transport.send({
      method: "POST",
      path: apiPath("workflows", workflowId, verb),
      body: { ...body, operationId: randomId() },
      details: { workflowId },
      applies: "once",
      signal,
    });
    return runFrom(reply.body);
  }
}

function runFrom(body: ReplyBody): Run {
  return { workflowId: body.text("id"), runId: body.text("runId") };
}
