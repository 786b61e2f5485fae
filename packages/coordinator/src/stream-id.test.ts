import { expect, test } from "vitest";
import { compareEntryIds } from "./stream-id.js";

test("entries are ordered by time, then by sequence, as numbers", () => {
  const ids = ["10-2", "9-99", "10-10", "0", "10-0"];
  expect(ids.sort(compareEntryIds)).toEqual(["0", "9-99", "10-0", "10-2", "10-10"]);
});

test("the beginning is no entry", () => {
  expect(compareEntryIds("0-0", "0")).toBe(0);
});
