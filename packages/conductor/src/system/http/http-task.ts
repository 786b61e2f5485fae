import { InvalidArgumentError, PayloadTooLargeError, SsrfBlockedError } from "@heddle/protocol";
import type { HttpFault } from "../../definition/check-task.js";
import type { EgressPolicy } from "../egress/egress-policy.js";
import {
  completed,
  failed,
  failedForGood,
  type SystemTaskResult,
  type TaskData,
} from "../system-task-result.js";
import { parseHttpRequest, parseMethod, parseUri } from "./http-request.js";
import type { HttpResponse, HttpSender } from "./http-sender.js";

const MAX_REASON_CHARACTERS = 500;

/**
 * HTTP. A 2xx answer completes the task; another one fails it with the same output, `response` =
 * `{ statusCode, reasonPhrase, headers, body }`; without an answer `response` is the reason as text. A call that the egress policy
 * forbids fails it for good. Rejects with the reason of `signal` alone.
 */
export async function runHttpTask(
  sender: HttpSender,
  input: TaskData,
  signal?: AbortSignal,
): Promise<SystemTaskResult> {
  let response: HttpResponse;
  try {
    response = await sender.send(parseHttpRequest(input), signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof InvalidArgumentError) return failed(error.message);
    const reason = `Failed to invoke HTTP task due to: ${textOf(error)}`;
    const output = { response: reason };
    const isFinal = error instanceof SsrfBlockedError || error instanceof PayloadTooLargeError;
    return isFinal ? failedForGood(reason, output) : failed(reason, output);
  }
  const { statusCode, reasonPhrase, headers, text } = response;
  const output = { response: { statusCode, reasonPhrase, headers, body: bodyOf(text) } };
  if (statusCode >= 200 && statusCode < 300) return completed(output);
  const body = text === "" ? "[no body]" : JSON.stringify(text.slice(0, MAX_REASON_CHARACTERS));
  return failed(`Failed to invoke HTTP task due to: ${statusCode} ${reasonPhrase}: ${body}`, output);
}

/**
 * What can be said of a definition's HTTP task before it runs: `uri` and `method`, unless an expression gives them.
 * `undefined` when there is nothing to say.
 */
export function httpInputFault(inputParameters: TaskData, policy: EgressPolicy): HttpFault | undefined {
  const nested = inputParameters["http_request"];
  if (typeof nested === "string") return undefined;
  const prefix = nested === undefined ? "" : "http_request.";
  const { uri, method } = (nested ?? inputParameters) as {
    readonly uri?: unknown;
    readonly method?: unknown;
  };
  const check = (path: string, value: unknown, assert: (text: string) => void) => {
    if (typeof value !== "string" || value.includes("${")) return undefined;
    try {
      assert(value);
      return undefined;
    } catch (error) {
      return { path: `${prefix}${path}`, message: (error as Error).message, value };
    }
  };
  return (
    check("uri", uri, (text) => {
      const { hostname, port, protocol } = parseUri(text);
      const defaultPort = protocol === "https:" ? 443 : 80;
      policy.assertTarget({ host: hostname, port: port === "" ? defaultPort : Number(port) });
    }) ?? check("method", method, (text) => void parseMethod(text))
  );
}

/** Objects, lists and numbers of JSON as such; all else as the text it is. */
function bodyOf(text: string): unknown {
  if (text === "") return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "number" || (typeof value === "object" && value !== null)) return value;
    return typeof value === "string" ? value : text.trim();
  } catch {
    return text;
  }
}

function textOf(error: unknown): string {
  const { name, message, code } = error as { name?: string; message?: string; code?: unknown };
  return [name ?? "Error", message || (typeof code === "string" ? code : "unknown")].join(": ");
}
