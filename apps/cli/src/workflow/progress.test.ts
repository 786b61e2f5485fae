import { expect, test } from "vitest";
import { progressOf } from "./progress.js";

function written(isTTY: boolean | undefined, steps: number): string {
  let text = "";
  const stream = { ...(isTTY === undefined ? {} : { isTTY }), write: (part: string) => (text += part) };
  const progress = progressOf(stream, 2);
  for (let step = 0; step < steps; step++) progress.step();
  progress.end();
  return text;
}

test("a terminal shows how far the work is, also when there turns out to be more", () => {
  expect(written(true, 3)).toBe("\r1 of 2\r2 of 2\r3 of 3\n");
  expect(written(true, 0)).toBe("");
});

test("what is piped elsewhere gets nothing", () => {
  expect(written(undefined, 2)).toBe("");
  expect(written(false, 2)).toBe("");
});
