import { expect, test } from "vitest";
import { recommendedReplicas, type QueueLoad } from "./recommended-replicas.js";

const load: QueueLoad = {
  ...{ waiting: 0, active: 0, oldestWaitingAgeMs: 0, liveWorkers: 0 },
  ...{ targetPerWorker: 10, maxWaitMs: 60_000 },
};

test.each<[name: string, change: Partial<QueueLoad>, expected: number]>([
  ["nothing to do needs nobody", { liveWorkers: 3 }, 0],
  ["one ticket needs one worker", { waiting: 1 }, 1],
  ["what runs counts as what waits does", { waiting: 5, active: 5 }, 1],
  ["a ticket beyond the target needs another worker", { waiting: 6, active: 5 }, 2],
  ["nobody is sent away while he works", { active: 31, liveWorkers: 4 }, 4],
  [
    "a ticket that waits too long asks for one more",
    { waiting: 1, active: 19, oldestWaitingAgeMs: 60_001, liveWorkers: 2 },
    3,
  ],
  ["one that waits just long enough does not", { waiting: 1, oldestWaitingAgeMs: 60_000, liveWorkers: 2 }, 1],
  ["the load counts when it asks for more", { waiting: 100, oldestWaitingAgeMs: 90_000, liveWorkers: 2 }, 10],
  ["an age without a ticket says nothing", { oldestWaitingAgeMs: 90_000, liveWorkers: 2 }, 0],
])("%s", (_name, change, expected) => {
  expect(recommendedReplicas({ ...load, ...change })).toBe(expected);
});
