import { InvalidArgumentError } from "@heddle/protocol";
import { workflow } from "@heddle/workflow";
import { expect, test } from "vitest";
import { WorkflowRegistry } from "./workflow-registry.js";

const version = (text: string) =>
  workflow({ name: "order", version: text }).execute(async function* (ctx) {
    yield* ctx.sleep(1);
  });

test("a new run gets the version registered last, an old one exactly its own", () => {
  const [one, two] = [version("1"), version("2")];
  const registry = new WorkflowRegistry([one, two]);
  expect(registry.find("order", undefined)).toBe(two);
  expect(registry.find("order", "1")).toBe(one);
  expect(registry.find("order", "3")).toBeUndefined();
  expect(registry.explainMissing("order", "3")).toContain("1, 2");
  expect(registry.explainMissing("refund", undefined)).toContain('"refund"');
});

test("other code under a registered version is refused; the same code again is not", () => {
  const one = version("1");
  const registry = new WorkflowRegistry([one]);
  registry.register(one);
  expect(() => registry.register(version("1"))).toThrow(InvalidArgumentError);
});

test("one name of a search attribute has one type, over all workflows and versions", () => {
  const declaring = (name: string, versionText: string, type: "string" | "number") =>
    workflow({ name, version: versionText })
      .searchAttributes({ total: type })
      .execute(function* (ctx) {
        yield* ctx.sleep(1);
      });
  const registry = new WorkflowRegistry([
    declaring("order", "1", "number"),
    declaring("invoice", "1", "number"),
  ]);
  for (const other of [declaring("order", "2", "string"), declaring("refund", "1", "string")]) {
    expect(() => registry.register(other)).toThrow(InvalidArgumentError);
    expect(() => registry.register(other)).toThrow(/declares the search attribute "total" as string/);
    expect(registry.find(other.name, other.version)).toBeUndefined();
  }
});
