import { expect, test } from "vitest";
import { randomNamespace } from "./random-namespace.js";
import { waitFor } from "./wait-for.js";

test("waiting resolves with the first truthy value", async () => {
  const values = [undefined, null, 0, "", "woven", "later"];
  expect(await waitFor(() => values.shift(), { description: "a value" })).toBe("woven");
});

test("a condition that throws is looked at again", async () => {
  let looks = 0;
  const found = await waitFor(
    () => {
      looks += 1;
      expect(looks).toBe(3);
      return looks;
    },
    { description: "the third look" },
  );
  expect(found).toBe(3);
});

test("the error names the condition and the last value", async () => {
  const waiting = waitFor(() => false, { description: "the run is completed", timeoutMs: 30 });
  await expect(waiting).rejects.toThrow("waited 30 ms for: the run is completed (last value: false)");
});

test("the error names the last error of a condition that threw, and keeps it as cause", async () => {
  const cause = new Error("no such run");
  const waiting = waitFor(() => Promise.reject(cause), { description: "the run exists", timeoutMs: 30 });
  await expect(waiting).rejects.toMatchObject({
    message: "waited 30 ms for: the run exists (last error: Error: no such run)",
    cause,
  });
});

test("a condition that never answers does not outlive the deadline", async () => {
  const waiting = waitFor(() => new Promise<true>(() => undefined), {
    description: "an answer",
    timeoutMs: 30,
  });
  await expect(waiting).rejects.toThrow("the condition has not answered once");
});

test("two namespaces with one label differ", () => {
  expect(randomNamespace("orders")).toMatch(/^orders-[0-9a-f]{12}$/);
  expect(randomNamespace("orders")).not.toBe(randomNamespace("orders"));
});
