import { createHash } from "node:crypto";
import { encodePayload, type Failure, type Payload } from "@heddle/protocol";
import type { SettleOpenActivityRequest } from "../store/open-activity-store.js";

/** A digest by which a settlement is known again when it is repeated; results of any size cost the same. */
export function markOf(settlement: SettleOpenActivityRequest["settlement"]): Payload {
  const hash = createHash("sha256").update(settlement.outcome);
  const content =
    settlement.outcome === "completed" ? settlement.result : encodePayload(withoutStacks(settlement.failure));
  return encodePayload(hash.update(content).digest("base64url").slice(0, 22));
}

export function isSameSettlement(left: Payload, right: Payload): boolean {
  return Buffer.from(left).equals(right);
}

/** Where an error was made is no part of what it says. */
function withoutStacks({ name, message, details, cause }: Failure): object {
  return { name, message, details, cause: cause && withoutStacks(cause) };
}
