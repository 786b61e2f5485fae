import { activityPolicySchema, CorruptRecordError, type ActivityPolicy } from "@heddle/protocol";

/** Policies repeat, so each distinct one is written and read once per process. */
const encoded = new WeakMap<ActivityPolicy, string>();
const decoded = new Map<string, ActivityPolicy>();
const DECODED_LIMIT = 1_000;

export function encodeActivityPolicy(policy: ActivityPolicy): string {
  let text = encoded.get(policy);
  if (text === undefined) {
    text = JSON.stringify(policy);
    encoded.set(policy, text);
  }
  return text;
}

/** Throws `CorruptRecordError` when the stored text is no policy. */
export function decodeActivityPolicy(text: string): ActivityPolicy {
  let policy = decoded.get(text);
  if (policy === undefined) {
    const parsed = activityPolicySchema.safeParse(JSON.parse(text));
    if (!parsed.success)
      throw new CorruptRecordError(`a stored activity policy is wrong: ${parsed.error.message}`);
    policy = parsed.data;
    if (decoded.size >= DECODED_LIMIT) decoded.clear();
    decoded.set(text, policy);
  }
  return policy;
}
