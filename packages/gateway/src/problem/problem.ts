import { HeddleError, type ErrorCode } from "@heddle/protocol";
import { z } from "zod";
import { toPlainJson } from "../json/plain-json.js";

/** Error bodies: RFC 9457 with four members of our own. */
export const problemSchema = z
  .object({
    type: z.string().describe("`urn:heddle:error:` and the code"),
    title: z.string().describe("The code in words; the same for every occurrence"),
    status: z.int(),
    detail: z.string().describe("What happened, to which id, and what to do"),
    instance: z.string().describe("Path of the request"),
    code: z.string().describe("Stable; branch on it"),
    retryable: z.boolean().describe("Whether the same call, with the same ids, may succeed later"),
    details: z.record(z.string(), z.unknown()).describe("Ids, limits and the field at fault"),
    requestId: z.string().describe("Also in the header `x-request-id` and in the gateway's log"),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof problemSchema>;

/** Seconds; repeating earlier is allowed but seldom helps. */
export const RETRY_AFTER_SECONDS = 1;

export function problemOf(error: HeddleError, request: { path: string; requestId: string }): Problem {
  return {
    type: `urn:heddle:error:${error.code}`,
    title: titleOf(error.code),
    status: error.httpStatus,
    detail: error.message,
    instance: request.path,
    code: error.code,
    retryable: error.retryable,
    details: { ...error.details, ...causeDetails(error) },
    requestId: request.requestId,
  };
}

/** What a caller is told of an error nobody foresaw: nothing but where to look for it. */
export function unexpectedError(cause: unknown): HeddleError {
  return new HeddleError(
    "INTERNAL",
    "an unexpected error happened in the gateway; its log has it under this request id",
    { cause },
  );
}

/** Codes whose cause is the workflow's own error, which its caller may see; other causes stay in the log. */
const ENDS_OF_RUNS: ReadonlySet<ErrorCode> = new Set([
  "UPDATE_REJECTED",
  "UPDATE_FAILED",
  "WORKFLOW_FAILED",
  "WORKFLOW_CANCELLED",
  "WORKFLOW_TERMINATED",
  "WORKFLOW_TIMED_OUT",
]);

function causeDetails(error: HeddleError): Record<string, unknown> {
  if (!ENDS_OF_RUNS.has(error.code) || error.cause === undefined) return {};
  return { cause: toPlainJson(error.cause) };
}

function titleOf(code: ErrorCode): string {
  const words = code.toLowerCase().replaceAll("_", " ").replace("json", "JSON").replace("redis", "Redis");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
