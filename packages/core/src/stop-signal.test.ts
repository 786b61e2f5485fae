import { expect, test } from "vitest";
import { StopSignal } from "./stop-signal.js";

test("listeners hear the first reason, once, also those that come later", () => {
  const signal = new StopSignal();
  const heard: string[] = [];
  signal.onRaised(({ message }) => heard.push(`early: ${message}`));
  signal.raise(new Error("first"));
  signal.raise(new Error("second"));
  signal.onRaised(({ message }) => heard.push(`late: ${message}`));
  expect(heard).toEqual(["early: first", "late: first"]);
  expect(signal.reason?.message).toBe("first");
  expect(() => signal.throwIfRaised()).toThrow("first");
});

test("who stopped listening hears nothing", () => {
  const signal = new StopSignal();
  const stopListening = signal.onRaised(() => expect.unreachable());
  stopListening();
  signal.throwIfRaised();
  signal.raise(new Error("stop"));
});
