import { expect, test } from "vitest";
import { SignalBuffer } from "./signal-buffer.js";

const payload = (value: number) => new Uint8Array([value]);

test("a signal goes to the wait that began first, and to no other", () => {
  const buffer = new SignalBuffer();
  const got: string[] = [];
  buffer.take("a", ([value]) => got.push(`first ${value ?? "none"}`));
  buffer.take("a", ([value]) => got.push(`second ${value ?? "none"}`));
  buffer.deliver("a", payload(1));
  buffer.deliver("a", payload(2));
  buffer.deliver("a", payload(3));
  buffer.take("a", ([value]) => got.push(`third ${value ?? "none"}`));
  expect(got).toEqual(["first 1", "second 2", "third 3"]);
});

test("a wait that gave up gets nothing, and the next in line gets its signal", () => {
  const buffer = new SignalBuffer();
  const got: number[] = [];
  const giveUp = buffer.take("a", () => got.push(-1));
  buffer.take("a", ([value = -2]) => got.push(value));
  giveUp();
  giveUp();
  buffer.deliver("a", payload(1));
  expect(got).toEqual([1]);
});

test("giving up after the signal came changes nothing", () => {
  const buffer = new SignalBuffer();
  const got: number[] = [];
  const giveUp = buffer.take("a", ([value = -1]) => got.push(value));
  buffer.deliver("a", payload(1));
  giveUp();
  buffer.deliver("a", payload(2));
  buffer.take("a", ([value = -1]) => got.push(value));
  expect(got).toEqual([1, 2]);
});
