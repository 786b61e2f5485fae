import { expect, test } from "vitest";
import { PayloadNotSerializableError } from "./errors.js";
import { assertSerializable } from "./serializable.js";

const nothing = (): void => undefined;
const generator = (function* () {
  yield 1;
})();

test.each<[string, unknown, string]>([
  ["$", nothing, "a function"],
  ["$.onDone", { onDone: nothing }, "a function"],
  ["$.items[1].onDone", { items: [{}, { onDone: nothing }] }, "a function"],
  ['$.get("handler")', new Map([["handler", nothing]]), "a function"],
  ["$.keys()", new Map([[nothing, 1]]), "a function"],
  ["$.values()", new Set([nothing]), "a function"],
  ["$.cause", new Error("outer", { cause: nothing }), "a function"],
  ["$.retry", Object.assign(new Error("own field"), { retry: nothing }), "a function"],
  ["$.kind", { kind: Symbol("kind") }, "a symbol"],
  ["$.user", { user: Promise.resolve(1) }, "await forgotten"],
  ["$.rows", { rows: generator }, "yield\\* forgotten"],
  ["$.query", { query: new URLSearchParams("a=1") }, "an iterator or operation"],
  ["$.cache", { cache: new WeakMap() }, "a weak reference"],
  ["$.seen", { seen: new WeakSet() }, "a weak reference"],
  ["$.target", { target: new WeakRef({}) }, "a weak reference"],
  ["$.memory", { memory: new SharedArrayBuffer(1) }, "shared memory"],
])("what cannot be stored at %s is refused by name", (path, value, problem) => {
  const check = (): void => assertSerializable(value, "input of activity");
  expect(check).toThrow(PayloadNotSerializableError);
  expect(check).toThrow(new RegExp(`^input of activity holds .*${problem}`));
  expect(check).toThrow(expect.objectContaining({ details: { path } }));
});

test("a cycle ends the search", () => {
  const ring: { self?: unknown } = {};
  ring.self = ring;
  expect(() => assertSerializable(ring, "input")).not.toThrow();
});

test("plain data of any depth passes", () => {
  const value = { list: [1, "a", null, undefined, 5n], map: new Map([[new Date(), new Set([/a/])]]) };
  expect(() => assertSerializable(value, "input")).not.toThrow();
});
