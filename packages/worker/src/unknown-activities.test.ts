import { expect, test } from "vitest";
import { UnknownActivities } from "./unknown-activities.js";

test("the first return waits about a second, and each further one of the same name longer, up to a limit", () => {
  const unknown = new UnknownActivities();
  const delays = Array.from({ length: 6 }, () => unknown.nextDelayMs("charge", 0.5));
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  expect(unknown.nextDelayMs("refund", 0.5)).toBe(1_000);
});

test("waits are spread, so that the tickets of one name do not come back together", () => {
  expect(new UnknownActivities().nextDelayMs("charge", 0)).toBe(900);
  expect(new UnknownActivities().nextDelayMs("charge", 0.999)).toBe(1_100);
});
