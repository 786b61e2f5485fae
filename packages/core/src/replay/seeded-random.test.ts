import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { SeededRandom } from "./seeded-random.js";

test("the same seed gives the same numbers, another seed others", () => {
  const draw = (seed: string): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(draw("run-1")).toEqual(draw("run-1"));
  expect(draw("run-1")).not.toEqual(draw("run-2"));
});

test("numbers lie in [0, 1) and spread evenly", () => {
  const random = new SeededRandom("run-1");
  const buckets = Array.from({ length: 10 }, () => 0);
  const drawnNumbers = Array.from({ length: 100_000 }, () => random.next());
  expect(drawnNumbers.every((drawn) => drawn >= 0 && drawn < 1)).toBe(true);
  for (const drawn of drawnNumbers) {
    buckets[Math.floor(drawn * 10)] = (buckets[Math.floor(drawn * 10)] ?? 0) + 1;
  }
  for (const size of buckets) expect(Math.abs(size - 10_000)).toBeLessThan(500);
});

test("a uuid is one of version 4", () => {
  const random = new SeededRandom("run-1");
  for (let count = 0; count < 1_000; count++) {
    expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

// 32 bits of state would give some 5 collisions here.
test("the uuids of 200,000 runs never meet", () => {
  const seen = new Set<string>();
  for (let run = 0; run < 200_000; run++) {
    const runId = createHash("sha1").update(String(run)).digest("base64url").slice(0, 22);
    seen.add(new SeededRandom(runId).uuid());
  }
  expect(seen.size).toBe(200_000);
});

test("what is drawn aside changes nothing, even when it throws", () => {
  const [random, untouched] = [new SeededRandom("run-1"), new SeededRandom("run-1")];
  random.aside(() => random.uuid());
  expect(() =>
    random.aside(() => {
      random.next();
      throw new Error("x");
    }),
  ).toThrow("x");
  expect(random.next()).toBe(untouched.next());
});
