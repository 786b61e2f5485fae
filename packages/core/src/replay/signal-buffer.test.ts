import { expect, test } from "vitest";
import { SignalBuffer } from "./signal-buffer.js";

const signal = (name: string, value: number) => ({ name, payload: new Uint8Array([value]) });

test("a signal goes to the wait that began first, and to no other", () => {
  const buffer = new SignalBuffer();
  const got: string[] = [];
  buffer.take("a", ([value]) => got.push(`first ${value ?? "none"}`));
  buffer.take("a", ([value]) => got.push(`second ${value ?? "none"}`));
  buffer.deliver(signal("a", 1));
  buffer.deliver(signal("a", 2));
  buffer.deliver(signal("a", 3));
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
  buffer.deliver(signal("a", 1));
  expect(got).toEqual([1]);
});

test("giving up after the signal came changes nothing", () => {
  const buffer = new SignalBuffer();
  const got: number[] = [];
  const giveUp = buffer.take("a", ([value = -1]) => got.push(value));
  buffer.deliver(signal("a", 1));
  giveUp();
  buffer.deliver(signal("a", 2));
  buffer.take("a", ([value = -1]) => got.push(value));
  expect(got).toEqual([1, 2]);
});

test("what no wait has consumed is told in the order of its arrival, over all names", () => {
  const buffer = new SignalBuffer();
  buffer.take("a", () => undefined);
  for (const name of ["a", "b", "a", "b", "c"]) buffer.deliver(signal(name, 1));
  buffer.take("b", () => undefined);
  expect(buffer.unconsumed.map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test("once the waits are abandoned, signals are kept for whoever comes next", () => {
  const buffer = new SignalBuffer();
  buffer.take("a", () => expect.unreachable());
  buffer.abandonWaits();
  buffer.deliver(signal("a", 1));
  expect(buffer.unconsumed).toHaveLength(1);
});
