import {
  decodePayload,
  InvalidArgumentError,
  QueryFailedError,
  QueryNotFoundError,
  QueryUnavailableError,
  WorkflowNotFoundError,
  WorkflowNotRunningError,
} from "@heddle/protocol";
import type { QueryReply } from "../store/accepting-store.js";
import { assertKnownOptions } from "./naming.js";

export interface QueryOptions {
  /** Throw the reason instead of answering `undefined` (suspended, closed, no such query). */
  readonly strict?: boolean;
  /** How long to wait for an owner. Default 5 s. */
  readonly timeoutMs?: number;
}

/** Throws `InvalidArgumentError` for unknown options and for a wait that is no positive number of ms. */
export function assertQueryOptions(options: QueryOptions): void {
  assertKnownOptions(options, ["strict", "timeoutMs"], "query");
  const { timeoutMs } = options;
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs > 0)) {
    throw new InvalidArgumentError(`timeoutMs is ${String(timeoutMs)}; it must be a positive number of ms`, {
      details: { field: "timeoutMs" },
    });
  }
}

/** What the caller gets for a reply: the answer, `undefined`, or a typed error. */
export function answerOf(question: {
  workflowId: string;
  name: string;
  reply: QueryReply;
  strict: boolean;
}): unknown {
  const { workflowId, name, reply, strict } = question;
  const details = { workflowId, query: name };
  switch (reply.outcome) {
    case "answered":
      return decodePayload(reply.result);
    case "not-found":
      throw new WorkflowNotFoundError(`there is no workflow "${workflowId}" to query`, { details });
    case "held":
      throw new QueryUnavailableError(`workflow "${workflowId}" cannot run here: ${reply.reason}`, {
        details,
      });
    case "failed":
      throw new QueryFailedError(
        `the handler of query "${name}" of workflow "${workflowId}" threw ${reply.name}: ${reply.message}`,
        { details },
      );
    case "no-such-query":
      if (!strict) return undefined;
      throw new QueryNotFoundError(
        `workflow "${workflowId}" has no query "${name}"; it answers ${reply.known.join(", ") || "none"}`,
        { details: { ...details, known: reply.known } },
      );
    case "suspended":
    case "closed":
      if (!strict) return undefined;
      throw new WorkflowNotRunningError(
        `workflow "${workflowId}" is ${reply.outcome}; only a running workflow answers queries`,
        { details },
      );
  }
}
