import { test } from "vitest";
import { WakeUp } from "./wake-up.js";

test("a notice that came while the loop worked ends its next wait at once", async () => {
  const wakeUp = new WakeUp();
  wakeUp.notify();
  await wakeUp.wait(undefined);
  wakeUp.close();
});

test("a notice ends a wait", async () => {
  const wakeUp = new WakeUp();
  const waiting = wakeUp.wait(undefined);
  wakeUp.notify();
  await waiting;
  wakeUp.close();
});

test("a wait ends by its time, and by an earlier time that is told later", async () => {
  const wakeUp = new WakeUp();
  await wakeUp.wait(1);
  const waiting = wakeUp.wait(60_000);
  wakeUp.at(1);
  await waiting;
  wakeUp.close();
});
