import { activityPolicySchema, CorruptRecordError, type ActivityPolicy } from "@heddle/protocol";

/** Policies repeat, so each distinct one is written and read once per process. */
const encoded = new WeakMap<ActivityPolicy, string>();
const decoded = new Map<string, ActivityPolicy>();
const DECODED_LIMIT = 1_000;

/**
 * A JSON list of the values in the order of `FIELDS`. Without names, because a hash with a value of more than 64 bytes
 * takes Redis twice the memory and several times the work.
 */
export function encodeActivityPolicy(policy: ActivityPolicy): string {
  let text = encoded.get(policy);
  if (text === undefined) {
    const values = FIELDS.map((field) => policy[field]);
    const set = values.findLastIndex((value) => value !== undefined);
    text = JSON.stringify(values.slice(0, set + 1));
    encoded.set(policy, text);
  }
  return text;
}

/** Throws `CorruptRecordError` when the stored text is no policy. */
export function decodeActivityPolicy(text: string): ActivityPolicy {
  let policy = decoded.get(text);
  if (policy === undefined) {
    policy = parsePolicy(text);
    if (decoded.size >= DECODED_LIMIT) decoded.clear();
    decoded.set(text, policy);
  }
  return policy;
}

/** New fields come last. */
const FIELDS = [
  "maxAttempts",
  "initialBackoffMs",
  "backoffMultiplier",
  "maxBackoffMs",
  "jitter",
  "nonRetryable",
  "scheduleToStartMs",
  "startToCloseMs",
  "scheduleToCloseMs",
  "heartbeatMs",
] as const satisfies readonly (keyof ActivityPolicy)[];

function parsePolicy(text: string): ActivityPolicy {
  const values: unknown = JSON.parse(text);
  if (!Array.isArray(values)) throw new CorruptRecordError("a stored activity policy is no list");
  // JSON writes null where a value in the middle is absent.
  const fields = FIELDS.map((field, index) => [field, (values[index] as unknown) ?? undefined]);
  const parsed = activityPolicySchema.safeParse(Object.fromEntries(fields));
  if (!parsed.success)
    throw new CorruptRecordError(`a stored activity policy is wrong: ${parsed.error.message}`);
  return parsed.data;
}
