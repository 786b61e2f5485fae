import { beforeEach, expect, test } from "vitest";
import { QuietQueue } from "./quiet-queue.js";

let queue = new QuietQueue(15_000);
beforeEach(() => {
  queue = new QuietQueue(15_000);
});

/** The verdict at a time at which three tickets wait beside free slots, unless said otherwise. */
function at(
  nowMs: number,
  sight: { waiting?: number | undefined; freeSlots?: number; fetched?: number } = {},
) {
  return queue.judge({ nowMs, waiting: 3, freeSlots: 5, fetched: 0, ...sight });
}

test("tickets that wait beside free slots lead to a restart once the patience is over", () => {
  expect(at(0)).toBe("quiet");
  expect(at(14_999)).toBe("quiet");
  expect(at(15_000)).toBe("restart");
});

test("patience begins when tickets are first seen waiting, however long nothing was fetched before", () => {
  expect(at(3_600_000)).toBe("quiet");
});

test.each([
  ["a ticket was fetched", { fetched: 1 }],
  ["nothing waits", { waiting: 0 }],
  ["all slots are taken", { freeSlots: 0 }],
  ["Redis does not say what waits", { waiting: undefined }],
])("patience begins anew when %s", (_label, sight) => {
  expect(at(0)).toBe("quiet");
  expect(at(10_000, sight)).toBe("moving");
  expect(at(16_000, { fetched: 1, ...("fetched" in sight ? sight : {}) })).not.toBe("restart");
});

test("restarts that do not help come at growing distances", () => {
  const restarts: number[] = [];
  for (let second = 0; second <= 1_000; second++) {
    if (at(second * 1_000) === "restart") restarts.push(second);
  }
  expect(restarts).toEqual([15, 45, 105, 225, 465, 705, 945]);
});

test("after the queue has moved again, the first restart comes as early as ever", () => {
  at(0);
  expect(at(15_000)).toBe("restart");
  expect(at(16_000, { fetched: 1 })).toBe("moving");
  expect(at(17_000, { fetched: 1 })).toBe("quiet");
  expect(at(32_000, { fetched: 1 })).toBe("restart");
});
