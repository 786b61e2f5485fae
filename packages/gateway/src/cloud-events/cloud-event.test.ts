import { expect, test } from "vitest";
import { eventKey, readCloudEvent } from "./cloud-event.js";

const EVENT = { specversion: "1.0", id: "1", source: "/shop", type: "paid", subject: "order-7" };

test("attributes that are null count as absent, and data that is null does not", () => {
  const { data, ...rest } = readCloudEvent({ ...EVENT, time: null, data: null, dataschema: null });
  expect(data).toBeNull();
  expect(rest).toEqual(EVENT);
  expect("data" in readCloudEvent(EVENT)).toBe(false);
});

test("data in base64 is bytes", () => {
  expect(readCloudEvent({ ...EVENT, data_base64: "AQL/" }).data).toEqual(Uint8Array.of(1, 2, 255));
});

test("extensions of others are let be", () => {
  const extensions = { traceparent: "00-0af7", sampled: true, retries: 3 };
  expect(readCloudEvent({ ...EVENT, ...extensions })).toMatchObject(EVENT);
});

test("no two pairs of source and id share a key, and every key can be a signal id", () => {
  const pairs = [
    ["a", "b c"],
    ["a", "b"],
    ["a", "b  c"],
    ["ab", "c"],
    ["a", "é".repeat(200)],
    ["a".repeat(200), "b"],
    ["a".repeat(199), "ab"],
    ["sha256:", "x"],
  ] as const;
  const keys = pairs.map(([source, id]) => eventKey(readCloudEvent({ ...EVENT, source, id })));
  expect(new Set(keys).size).toBe(pairs.length);
  for (const key of keys) expect(Buffer.byteLength(key)).toBeLessThanOrEqual(128);
  expect(keys[0]).toBe("a b c");
});
