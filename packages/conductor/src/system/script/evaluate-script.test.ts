import { ExpressionError, type ExpressionFault } from "@heddle/protocol";
import { afterAll, expect, test } from "vitest";
import { Sandbox } from "../sandbox/sandbox.js";
import { evaluateScript, holds, syntaxProblem, type Evaluator } from "./evaluate-script.js";

const sandbox = new Sandbox({ maxThreads: 2, deadlineMs: 60_000 });
/** For what ends by its deadline alone. */
const impatient = new Sandbox({ maxThreads: 1, deadlineMs: 300 });
afterAll(() => {
  sandbox.close();
  impatient.close();
});

function evaluate(expression: string, input: Record<string, unknown> = {}, evaluator?: Evaluator) {
  return evaluateScript(sandbox, { expression, evaluator, input });
}

async function faultOf(work: Promise<unknown>): Promise<ExpressionError> {
  const thrown = await work.then(
    (value) => expect.unreachable(`evaluated to ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ExpressionError);
  return thrown as ExpressionError;
}

test.each<[string, unknown]>([
  ["$.a + $.b", 5],
  ["(function () { return $.a > 1 ? 'many' : 'few' })()", "many"],
  ["function e() { if ($.a) { return { result: [$.a, null] } } } e();", { result: [2, null] }],
  ["let { a, ...rest } = $; `${a} ${Object.keys(rest)}`", "2 b"],
  ["new Date(0)", "1970-01-01T00:00:00.000Z"],
  ["undefined", null],
  ["() => 1", null],
  ["Symbol('x')", null],
  ["NaN", null],
  ["$.a = 7; $", { a: 7, b: 3 }],
  ["[3,1,2].sort().at(-1)", 3],
  ["(() => {}) instanceof Function", true],
  ["'\\u{1F600}'", "\u{1F600}"],
])("%s is evaluated", async (expression, value) => {
  expect(await evaluate(expression, { a: 2, b: 3 })).toEqual(value);
});

test("`graaljs` is javascript, `lambda` the body of a function, `value-param` the name of an input", async () => {
  expect(await evaluate("$.a", { a: 1 }, "graaljs")).toBe(1);
  expect(await evaluate("return $.a // the value", { a: 1 }, "lambda")).toBe(1);
  expect(await evaluate("a", { a: { b: 1 } }, "value-param")).toEqual({ b: 1 });
  expect(await evaluate("b", { a: 1 }, "value-param")).toBeNull();
  expect(await evaluate("constructor", {}, "value-param")).toBeNull();
  await expect(evaluate("a", {}, "python" as Evaluator)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    details: { field: "evaluatorType" },
  });
});

test.each<[string, ExpressionFault, RegExp]>([
  // Reads.
  ["a b", "syntax", /SyntaxError/],
  ["return 1", "syntax", /return/],
  // Ways to make code.
  ["this.constructor.constructor('return process')()", "denied", /code made from text/],
  ["$.constructor.constructor('return this')()", "denied", /code made from text/],
  ["eval('1')", "denied", /code made from text/],
  ["(0, eval)('1')", "denied", /code made from text/],
  ["new Function('return 1')()", "denied", /code made from text/],
  ["(() => {}).constructor('return 1')()", "denied", /code made from text/],
  ["(function* () {}).constructor('yield 1')().next()", "denied", /code made from text/],
  ["(async () => {}).constructor('return 1')()", "denied", /code made from text/],
  ["Reflect.construct(Object.getPrototypeOf(async function* () {}).constructor, ['1'])", "denied", /text/],
  // Ways to go on after the answer.
  ["import('node:fs')", "denied", /asynchronous/],
  ["(async () => 1)()", "denied", /asynchronous/],
  ["Promise.reject(new Error('x'))", "denied", /asynchronous/],
  ["new Promise(() => {})", "denied", /asynchronous/],
  // What a host would have.
  ["process.exit(1)", "thrown", /process is not defined|'process'/],
  ["require('child_process')", "thrown", /require/],
  ["Java.type('java.lang.Runtime')", "thrown", /Java/],
  ["globalThis.console.log(1)", "thrown", /undefined/],
  ["setTimeout(() => {}, 1)", "thrown", /setTimeout/],
  ["std.getenv('PATH')", "thrown", /std/],
  ["fetch('http://localhost')", "thrown", /fetch/],
  ["WebAssembly.Memory", "thrown", /WebAssembly/],
  // What cannot be returned or is thrown.
  ["1n", "thrown", /TypeError/],
  ["let a = []; a.push(a); a", "thrown", /circular/],
  ["throw new TypeError('mine')", "thrown", /^TypeError: mine$/],
  ["JSON.parse('{')", "thrown", /SyntaxError/],
  ["new RegExp('(')", "thrown", /SyntaxError/],
  ["throw null", "thrown", /^/],
  ["throw { name: { toString() { throw 1 } } }", "thrown", /^/],
  ["({ toJSON() { throw new Error('no') } })", "thrown", /no/],
  [
    "Error.prototype.toString = () => 'x'; JSON.stringify = () => '{'; throw new Error('real')",
    "thrown",
    /real/,
  ],
  // Memory and stack.
  ["'x'.repeat(2 ** 30)", "memory", /length/],
  ["'x'.repeat(2 ** 29)", "memory", /memory/],
  ["'x'.repeat(2 ** 21)", "memory", /2097154 characters/],
  ["new Uint8Array(2 ** 31)", "memory", /length/],
  ["(function f() { f() })()", "memory", /stack overflow/],
  ["JSON.parse('['.repeat(1e5))", "memory", /./],
  ["let o = {}; for (let i = 0; i < 2e4; i++) o = { o }; o", "memory", /./],
  ["/(?:a|b)*/.test('a'.repeat(1e7))", "memory", /memory/],
])("%s fails: %s", async (expression, kind, message) => {
  const fault = await faultOf(evaluate(expression));
  expect({ kind: fault.kind, message: fault.message }).toEqual({
    kind,
    message: expect.stringMatching(message) as string,
  });
  expect(fault.details).toEqual({ kind });
});

test.each([
  "for (;;);",
  "while (true) try { for (;;); } catch {}",
  "/^(a+)+$/.test('a'.repeat(40) + 'b')",
  "for (let all = []; ; ) all = [all, new Array(1000).fill(1)].slice(1)",
  "({ toJSON() { for (;;); } })",
  "throw { get name() { for (;;); } }",
  "[1, 2].sort(() => { for (;;); })",
  "new Proxy({}, { ownKeys() { for (;;); } })",
])("%s is stopped at its deadline", async (expression) => {
  const fault = await faultOf(evaluateScript(impatient, { expression, input: {} }));
  expect(fault.kind).toBe("timeout");
  expect(fault.message).toContain("300 ms");
});

test("a loop that only allocates is stopped, and the next script runs", async () => {
  const fault = await faultOf(
    evaluateScript(impatient, {
      expression: "for (let a = []; ; ) a.push(new Array(1e4).fill(1))",
      input: {},
    }),
  );
  expect(["timeout", "memory"]).toContain(fault.kind);
  expect(await evaluateScript(impatient, { expression: "1", input: {} })).toBe(1);
});

test("nothing that a script does to built-ins reaches the host or the next script", async () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  await evaluate(
    "Object.prototype.polluted = 1; $.__proto__.polluted = 1; Array.prototype.map = 1; ({}).constructor.prototype.x = 1; 1",
    { a: 1 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(await evaluate("({}).polluted === undefined && typeof [].map === 'function'")).toBe(true);
});

test("a `__proto__` in the result is a plain key", async () => {
  const value = (await evaluate(`JSON.parse('{"__proto__": {"role": "admin"}}')`)) as Record<string, unknown>;
  expect(Object.keys(value)).toEqual(["__proto__"]);
  expect(value["role"]).toBeUndefined();
});

test("scripts run in parallel and wait for a thread; a killed one takes nobody along", async () => {
  const answers = await Promise.all([
    faultOf(evaluateScript(impatient, { expression: "for (;;);", input: {} })),
    ...Array.from({ length: 20 }, (_, i) =>
      evaluateScript(impatient, { expression: "$.i * 2", input: { i } }),
    ),
  ]);
  expect(answers.slice(1)).toEqual(Array.from({ length: 20 }, (_, i) => i * 2));
});

test("the event loop of the host goes on while a script hogs its thread, and an abort kills the script", async () => {
  const patient = new Sandbox({ maxThreads: 1, deadlineMs: 600_000 });
  const controller = new AbortController();
  let isSettled = false;
  const running = evaluateScript(patient, { expression: "for (;;);", input: {} }, controller.signal).finally(
    () => (isSettled = true),
  );
  const refused = expect(running).rejects.toThrow("no longer wanted");
  for (let turn = 0; turn < 2_000; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(isSettled).toBe(false);
  controller.abort(new Error("no longer wanted"));
  await refused;
  expect(await evaluateScript(patient, { expression: "1", input: {} })).toBe(1);
  patient.close();
  await expect(evaluateScript(patient, { expression: "1", input: {} })).rejects.toMatchObject({
    code: "SHUT_DOWN",
  });
});

test("an expression over the size limit is refused before it is read", async () => {
  const fault = await faultOf(evaluate(`'${"ä".repeat(2_048)}'`));
  expect(fault).toMatchObject({
    kind: "syntax",
    message: expect.stringContaining("4098 bytes, allowed are 4096") as string,
  });
});

test("what is wrong with the syntax is found without running the script", async () => {
  for (const fine of [
    { expression: "for (;;);" },
    { expression: "return 1", evaluator: "lambda" },
    { expression: "no js at all", evaluator: "value-param" },
  ]) {
    expect(await syntaxProblem(sandbox, fine)).toBeUndefined();
  }
  for (const [expression, problem] of [
    ["if (", /SyntaxError/],
    ["return 1", /SyntaxError/],
    [" ", /empty/],
    [`'${"x".repeat(5_000)}'`, /5002 bytes/],
    ["(".repeat(4_000), /stack overflow|SyntaxError/],
  ] as const) {
    expect(await syntaxProblem(sandbox, { expression })).toMatch(problem);
  }
});

test("conditions hold for true and for numbers above zero", () => {
  expect([true, 1, 0.5].map(holds)).toEqual([true, true, true]);
  expect([false, 0, -1, Number.NaN, "true", null, {}, undefined].some(holds)).toBe(false);
});
