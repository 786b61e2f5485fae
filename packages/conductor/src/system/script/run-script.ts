// JavaScript of definitions in QuickJS, inside a sandbox thread. Each script gets a runtime of its own.

import {
  newQuickJSWASMModuleFromVariant,
  Scope,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";
import type { SandboxReply, SandboxRequest } from "../sandbox/messages.js";

export type RunScript = (request: ScriptRequest) => SandboxReply;

type ScriptRequest = SandboxRequest & { readonly kind: "evaluate" | "compile" };
type EvalResult = ReturnType<QuickJSContext["evalCode"]>;
type Outcome =
  | { readonly ok: true; readonly value: QuickJSHandle }
  | { readonly ok: false; readonly error: QuickJSHandle };

const FILE = "expression.js";
/** Native recursion of the engine (JSON, regular expressions) takes several times as much of the thread's stack. */
const STACK_BYTES = 256 * 1024;
const MAX_MESSAGE_CHARACTERS = 1_000;

/**
 * Runs before the script. Takes away all ways to make code from text, and returns what is needed afterwards, out of
 * reach of a script that changes built-ins.
 */
const PRELUDE = `(() => {
  const { parse, stringify } = JSON;
  const { defineProperty, getPrototypeOf } = Object;
  class DeniedError extends Error { name = "DeniedError" }
  const deny = function () { throw new DeniedError("code made from text is not run here") };
  deny.prototype = Function.prototype;
  for (const kind of [function () {}, function* () {}, async function () {}, async function* () {}]) {
    defineProperty(getPrototypeOf(kind), "constructor", { value: deny });
  }
  for (const name of ["eval", "Function"]) {
    defineProperty(globalThis, name, { value: deny, writable: true, configurable: true });
  }
  return {
    prepare: (inputJson) => defineProperty(globalThis, "$", { value: parse(inputJson), writable: true }),
    toJson: (value) => stringify(value),
    nameOf: (thrown) => \`\${thrown.name}\`,
    messageOf: (thrown) => \`\${thrown.message ?? thrown}\`,
  };
})()`;

export async function loadScripts(): Promise<RunScript> {
  const engine = await newQuickJSWASMModuleFromVariant(import("@jitl/quickjs-wasmfile-release-sync"));
  return (request) => runScript(engine, request);
}

/** Throws when the engine itself gives up; its memory is then in disorder and nothing can be freed. */
function runScript(engine: QuickJSWASMModule, request: ScriptRequest): SandboxReply {
  const runtime = engine.newRuntime();
  runtime.setMemoryLimit(request.memoryBytes);
  runtime.setMaxStackSize(STACK_BYTES);
  const deadline = performance.now() + request.deadlineMs;
  let isOverdue = false;
  runtime.setInterruptHandler(() => (isOverdue ||= performance.now() > deadline));
  const context = runtime.newContext();
  const reply = Scope.withScope((scope) => runInContext(context, request, scope));
  context.dispose();
  runtime.dispose();
  // Whatever the script made of the interruption, it is one.
  return isOverdue ? { ok: false, fault: "timeout", message: "interrupted" } : reply;
}

function runInContext(context: QuickJSContext, request: ScriptRequest, scope: Scope): SandboxReply {
  const keep = (result: EvalResult): Outcome =>
    result.error === undefined
      ? { ok: true, value: scope.manage(result.value) }
      : { ok: false, error: scope.manage(result.error) };
  const prelude = scope.manage(context.unwrapResult(context.evalCode(PRELUDE)));
  const tool = (name: string, argument: QuickJSHandle): Outcome =>
    keep(context.callFunction(scope.manage(context.getProp(prelude, name)), context.undefined, argument));
  const thrown = (error: QuickJSHandle): SandboxReply => {
    const [name, message] = (["nameOf", "messageOf"] as const).map((property) => {
      const outcome = tool(property, error);
      return outcome.ok ? context.getString(outcome.value) : "";
    });
    return failureOf(name ?? "", (message ?? "").slice(0, MAX_MESSAGE_CHARACTERS));
  };

  const compiled = keep(context.evalCode(request.code, FILE, { compileOnly: true }));
  // From here on a SyntaxError is one that the script met: of JSON, of a regular expression.
  if (!compiled.ok) return asSyntax(thrown(compiled.error));
  if (request.kind === "compile") return { ok: true, json: [] };
  const prepared = tool("prepare", scope.manage(context.newString(request.inputJson)));
  if (!prepared.ok) return thrown(prepared.error);
  const result = keep(context.evalCode(request.code, FILE, { type: "global" }));
  if (!result.ok) return thrown(result.error);
  if (isPromise(context, result.value, scope)) {
    return {
      ok: false,
      fault: "denied",
      message: "asynchronous code is not run here; return the value itself",
    };
  }
  const json = tool("toJson", result.value);
  if (!json.ok) return thrown(json.error);
  // Functions, symbols and undefined have no JSON.
  if (context.typeof(json.value) !== "string") return { ok: true, json: ["null"] };
  const characters = context.getNumber(scope.manage(context.getProp(json.value, "length")));
  if (characters > request.maxResultCharacters) {
    return { ok: false, fault: "memory", message: `the result has ${characters} characters of JSON` };
  }
  return { ok: true, json: [context.getString(json.value)] };
}

function failureOf(name: string, message: string): SandboxReply {
  const failure = { ok: false, message: name === "" ? message : `${name}: ${message}` } as const;
  if (name === "DeniedError") return { ...failure, message, fault: "denied" };
  if (name === "InternalError" || /^(stack overflow|invalid (string|array buffer) length)/.test(message)) {
    return { ...failure, fault: "memory" };
  }
  return { ...failure, fault: "thrown" };
}

function asSyntax(reply: SandboxReply): SandboxReply {
  return !reply.ok && reply.fault === "thrown" ? { ...reply, fault: "syntax" } : reply;
}

function isPromise(context: QuickJSContext, value: QuickJSHandle, scope: Scope): boolean {
  const state = context.getPromiseState(value);
  if (state.type === "fulfilled") {
    if (state.notAPromise === true) return false;
    scope.manage(state.value);
  }
  if (state.type === "rejected") scope.manage(state.error);
  return true;
}
