import {
  type ErrorDetails,
  errorOf,
  type Failure,
  type HeddleError,
  heddleErrorOf,
  OutcomeUnknownError,
  UnavailableError,
  UnexpectedReplyError,
} from "@heddle/protocol";

/** The error that a reply other than 2xx stands for: the one that the gateway threw, of the same class. */
export function errorOfReply(reply: { readonly status: number; readonly body: unknown }): HeddleError {
  const { status, body } = reply;
  if (isProblem(body)) {
    const { cause, ...rest } = asRecord(body.details) ?? {};
    const details: ErrorDetails = { ...(rest as ErrorDetails), requestId: body.requestId };
    const failure = failureFrom(cause);
    const known = heddleErrorOf(body.code, body.detail, {
      details,
      ...(failure === undefined ? {} : { cause: errorOf(failure) }),
    });
    if (known !== undefined) return known;
    return unknownReply(status, `${body.detail} (${body.code}, which this client does not know)`, {
      ...details,
      code: body.code,
    });
  }
  return unknownReply(status, `the server answered ${status} without a problem document of Heddle`, {});
}

/** A proxy in between, or a gateway of a later version, in terms that a caller can act on. */
function unknownReply(status: number, what: string, more: ErrorDetails): HeddleError {
  const details = { ...more, status };
  if (status === 429) return new UnavailableError(`${what}; repeat later`, { details });
  if (status >= 500) {
    return new OutcomeUnknownError(`${what}; the call may have been applied`, { details });
  }
  return new UnexpectedReplyError(`${what}; check the URL, the API key and what lies between`, { details });
}

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly details?: unknown;
  readonly requestId?: string;
}

function isProblem(body: unknown): body is Problem {
  const record = asRecord(body);
  return typeof record?.["code"] === "string" && typeof record["detail"] === "string";
}

function failureFrom(value: unknown): Failure | undefined {
  const record = asRecord(value);
  if (typeof record?.["name"] !== "string" || typeof record["message"] !== "string") return undefined;
  return {
    name: record["name"],
    message: record["message"],
    details: record["details"],
    cause: failureFrom(record["cause"]),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
