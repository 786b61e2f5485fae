import { afterAll, expect, test } from "vitest";
import { Sandbox } from "../sandbox/sandbox.js";
import { runInline, runLambda } from "./script-tasks.js";

const sandbox = new Sandbox({ maxThreads: 1, deadlineMs: 60_000 });
afterAll(() => sandbox.close());

test("INLINE sees the whole task input as `$` and puts the value into `result`", async () => {
  const input = { evaluatorType: "graaljs", expression: "({ sum: $.a + 1, by: $.evaluatorType })", a: 2 };
  expect(await runInline(sandbox, input)).toEqual({
    status: "COMPLETED",
    outputData: { result: { sum: 3, by: "graaljs" } },
  });
  expect(await runInline(sandbox, { expression: "$.a", a: 2 })).toMatchObject({ outputData: { result: 2 } });
  expect(await runInline(sandbox, { evaluatorType: "value-param", expression: "a", a: 2 })).toMatchObject({
    outputData: { result: 2 },
  });
});

test("LAMBDA runs a function body", async () => {
  const input = { scriptExpression: "if ($.a > 1) { return { many: true } } else { return null }", a: 2 };
  expect(await runLambda(sandbox, input)).toEqual({
    status: "COMPLETED",
    outputData: { result: { many: true } },
  });
});

test("a script that fails is final, and the output says why", async () => {
  const failed = {
    status: "FAILED_WITH_TERMINAL_ERROR",
    reasonForIncompletion: "Error: mine",
    outputData: { error: "Error: mine" },
  };
  expect(await runInline(sandbox, { expression: "throw new Error('mine')" })).toEqual(failed);
  expect(await runLambda(sandbox, { scriptExpression: "throw new Error('mine')" })).toEqual(failed);
});

test("what is no script fails the task", async () => {
  for (const input of [
    {},
    { expression: "" },
    { expression: 7 },
    { expression: "1", evaluatorType: "python" },
  ]) {
    expect(await runInline(sandbox, input)).toMatchObject({ status: "FAILED" });
  }
  for (const input of [{}, { scriptExpression: " " }]) {
    expect(await runLambda(sandbox, input)).toMatchObject({ status: "FAILED" });
  }
});

test("a cancelled activity gets the reason of its signal", async () => {
  const signal = AbortSignal.abort(new Error("cancelled"));
  await expect(runInline(sandbox, { expression: "1" }, signal)).rejects.toThrow("cancelled");
});
