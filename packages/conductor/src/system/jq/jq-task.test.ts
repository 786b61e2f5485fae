import { afterAll, expect, test } from "vitest";
import { Sandbox } from "../sandbox/sandbox.js";
import { runJqTransform } from "./jq-task.js";

const sandbox = new Sandbox({ maxThreads: 1, deadlineMs: 60_000 });
afterAll(() => sandbox.close());

function transform(queryExpression: unknown, input: Record<string, unknown> = {}) {
  return runJqTransform(sandbox, { ...input, queryExpression });
}

test.each<[string, unknown[]]>([
  [".a[]", [1, 2]],
  [".a", [[1, 2]]],
  [".a | map(. * 2) | add", [6]],
  ["empty", []],
  ["halt", []],
  [".none", [null]],
  [".text", ["two\nlines \u2028 \u{1F600}"]],
  [".queryExpression", [".queryExpression"]],
  ['try error("x") catch .', ["x"]],
  [". as {$a} | $a[0] # the first", [1]],
  ["def f: if . > 2 then . else . + 1 | f end; 0 | f", [3]],
  ["[limit(3; repeat(1))]", [[1, 1, 1]]],
  ['[.text | scan("[a-z]+")]', [["two", "lines"]]],
])("%s emits what jq emits", async (program, resultList) => {
  const input = { a: [1, 2], text: "two\nlines \u2028 \u{1F600}" };
  expect(await transform(program, input)).toEqual({
    status: "COMPLETED",
    outputData: { result: resultList[0] ?? null, resultList },
  });
});

test("without a program the task fails", async () => {
  for (const program of [undefined, "", 7]) {
    expect(await transform(program)).toEqual({
      status: "FAILED",
      outputData: {},
      reasonForIncompletion: "Missing 'queryExpression' in input parameters",
    });
  }
});

test.each([
  [".a[", /syntax error/],
  ["nothing", /nothing\/0 is not defined/],
  ["--help", /./],
  ["-n", /./],
  [".a.b.c", /Cannot index/],
  ['1, error("mine")', /mine/],
  ["input", /break|No more inputs/],
  ['include "x"; 1', /module not found/],
  ['import "/etc/passwd" as $p; $p', /module not found/],
  ["$__prog_args", /not defined/],
  ['"aaaaaaaaaaaaaaaaaaaaaaaaaaaa!" | test("^(a+)+$")', /retry-limit/],
])("%s fails with what jq says", async (program, message) => {
  const result = await transform(program, { a: [1] });
  expect(result).toEqual({
    status: "FAILED",
    reasonForIncompletion: expect.stringMatching(message) as string,
    outputData: { error: expect.stringMatching(message) as string },
  });
});

test.each([
  "[limit(1e9; repeat(1))]",
  "def f: 1 + f; f",
  '"x" * 1000000000',
  "[range(300000)]",
  "range(300000)",
])("%s runs out of memory, and the next program runs", async (program) => {
  await expect(sandbox.jq(program, {})).rejects.toMatchObject({ code: "EXPRESSION", kind: "memory" });
  expect(await sandbox.jq("1", {})).toEqual([1]);
});

test("an infinite program is killed at its deadline, and the next one runs", async () => {
  const impatient = new Sandbox({ maxThreads: 1, deadlineMs: 300 });
  for (const program of ["def f: f; f", "last(repeat(1))", "until(false; .)"]) {
    await expect(impatient.jq(program, {})).rejects.toMatchObject({ code: "EXPRESSION", kind: "timeout" });
  }
  expect(await impatient.jq("1", {})).toEqual([1]);
  impatient.close();
});

test("no environment, argument or path of the host is to be seen", async () => {
  process.env["HEDDLE_CANARY"] = "canary-7";
  const seen = JSON.stringify(await sandbox.jq('$ENV, env, input_filename, ([getpath(["x"])])', {}));
  delete process.env["HEDDLE_CANARY"];
  for (const secret of ["canary", process.cwd(), process.env["PATH"] ?? "/usr/bin", process.execPath]) {
    expect(seen).not.toContain(secret);
  }
  expect(seen).not.toContain("sandbox-thread");
});

test("what a program prints on the side goes nowhere", async () => {
  expect(await sandbox.jq("debug, stderr", { a: 1 })).toEqual([{ a: 1 }, { a: 1 }]);
});
