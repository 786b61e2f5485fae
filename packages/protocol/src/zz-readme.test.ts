import { decodePayload, durationMs, encodePayload, HeddleError } from "@heddle/protocol";

const bytes = encodePayload(
  { dueAt: new Date(), tags: new Set(["new"]) },
  { what: "input", maxBytes: 1_000 },
);
decodePayload(bytes); // the same value: Date, Map, Set, BigInt and cycles survive

try {
  durationMs("5 parsecs", "timeout");
} catch (error) {
  if (error instanceof HeddleError) console.log(error.code, error.outcome, error.details); // INVALID_ARGUMENT refused …
}
