import { InvalidArgumentError } from "./errors.js";
import { quoted } from "./quoted.js";

const encoder = new TextEncoder();

/** Limits in UTF-8 bytes. Types stay within 64 so that a header hash keeps its compact encoding. */
export const MAX_WORKFLOW_ID_BYTES = 255;
/** The workflow ids of its runs are longer by a hyphen and a time. */
export const MAX_SCHEDULE_ID_BYTES = 200;
export const MAX_TYPE_BYTES = 64;
export const MAX_NAME_BYTES = 128;
const MAX_SHORT_NAME_BYTES = 64;
export const MAX_SIGNAL_ID_BYTES = 128;
export const MAX_IDEMPOTENCY_KEY_BYTES = 117;

/**
 * Refuses what cannot be an identifier: empty, blank, over `maxBytes`, lone surrogates or control characters.
 * Nothing is trimmed or normalised: two ids that differ in Unicode form are two ids.
 */
function assertIdentifier(value: unknown, what: string, maxBytes: number): asserts value is string {
  if (typeof value !== "string") {
    throw new InvalidArgumentError(`${what} must be a string, got ${typeof value}`, {
      details: { field: what },
    });
  }
  const fail = (problem: string): never => {
    throw new InvalidArgumentError(`${what} ${quoted(value)} ${problem}`, {
      details: { field: what, maxBytes },
    });
  };
  if (value.trim() === "") fail("is empty; give 1 or more visible characters");
  if (!value.isWellFormed()) fail("holds a lone surrogate; give well-formed Unicode");
  // C0, C1 and the bidirectional controls can forge log lines and console text.
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(value)) {
    fail("holds a control character; remove it");
  }
  // A UTF-16 unit takes three bytes at most, so nearly every identifier need not be encoded to be measured.
  if (value.length * 3 <= maxBytes) return;
  const bytes = encoder.encode(value).byteLength;
  if (bytes > maxBytes) fail(`takes ${bytes} UTF-8 bytes; the limit is ${maxBytes}`);
}

export function assertWorkflowId(value: unknown): asserts value is string {
  assertIdentifier(value, "workflow id", MAX_WORKFLOW_ID_BYTES);
}
export function assertScheduleId(value: unknown): asserts value is string {
  assertIdentifier(value, "schedule id", MAX_SCHEDULE_ID_BYTES);
}
export function assertWorkflowType(value: unknown): asserts value is string {
  assertIdentifier(value, "workflow type", MAX_TYPE_BYTES);
}
/** Signal, query, activity and queue names. */
export function assertName(value: unknown, what: string): asserts value is string {
  assertIdentifier(value, what, MAX_NAME_BYTES);
}
/** A name that is at most half as long, because it is stored with every value: names of search attributes. */
export function assertShortName(value: unknown, what: string): asserts value is string {
  assertIdentifier(value, what, MAX_SHORT_NAME_BYTES);
}
export function assertSignalId(value: unknown): asserts value is string {
  assertOpaqueId(value, "signalId");
}
/** As long and as opaque as a signal id. */
export function assertUpdateId(value: unknown): asserts value is string {
  assertOpaqueId(value, "updateId");
}
/** As long and as opaque as a signal id. */
export function assertActivityReference(value: unknown): asserts value is string {
  assertOpaqueId(value, "reference");
}
function assertOpaqueId(value: unknown, field: string): asserts value is string {
  // Opaque by contract: only emptiness, form and length are checked, whatever separators or controls it holds.
  if (typeof value !== "string" || value === "" || !value.isWellFormed()) {
    throw new InvalidArgumentError(`${field} must be a non-empty, well-formed string`, {
      details: { field },
    });
  }
  const bytes = encoder.encode(value).byteLength;
  if (bytes > MAX_SIGNAL_ID_BYTES) {
    throw new InvalidArgumentError(
      `${field} takes ${bytes} UTF-8 bytes; the limit is ${MAX_SIGNAL_ID_BYTES}`,
      { details: { field, maxBytes: MAX_SIGNAL_ID_BYTES } },
    );
  }
}
export function assertIdempotencyKey(value: unknown): asserts value is string {
  assertIdentifier(value, "idempotencyKey", MAX_IDEMPOTENCY_KEY_BYTES);
}
/** A namespace becomes part of a hash tag and of queue names, so its alphabet is closed. */
export function assertNamespace(value: unknown): asserts value is string {
  if (typeof value !== "string" || !/^[A-Za-z0-9_.-]{1,64}$/.test(value)) {
    throw new InvalidArgumentError(
      `namespace ${quoted(value)} is not valid; use 1 to 64 letters, digits, ".", "_" or "-"`,
      { details: { field: "namespace" } },
    );
  }
}
/** A queue name becomes a BullMQ queue name, where ":" and braces have a meaning. */
export function assertQueueName(value: unknown): asserts value is string {
  if (typeof value !== "string" || !/^[A-Za-z0-9_.-]{1,64}$/.test(value)) {
    throw new InvalidArgumentError(
      `queue ${quoted(value)} is not valid; use 1 to 64 letters, digits, ".", "_" or "-"`,
      { details: { field: "queue" } },
    );
  }
}
