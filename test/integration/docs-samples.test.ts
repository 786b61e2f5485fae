import { readdirSync } from "node:fs";
import * as heddle from "heddle";
import { crashEverywhere, replayHistory, TestEnvironment } from "@heddle/testing";
import { randomNamespace } from "@heddle/testkit";
import ts from "typescript";
import { describe, expect, inject, test } from "vitest";
import { runnableSamples } from "../support/markdown-samples.js";

const docs = new URL("../../docs/", import.meta.url);
const pages = readdirSync(docs).filter((name) => name.endsWith(".md"));
const samples = pages.flatMap((page) => runnableSamples(new URL(page, docs).pathname));

/** An engine that a sample gets with `await using`: it is shut down at the end of the sample. */
async function startEngine(options: heddle.EngineOptions<never[]>) {
  const engine = await heddle.Engine.create({
    namespace: randomNamespace("docs"),
    ...options,
    url: inject("redisUrl"),
  });
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.shutdown() });
}

test("the guide has samples that can be run", () => {
  expect(samples.length).toBeGreaterThanOrEqual(5);
});

describe.each(samples)("$file:$line", ({ code }) => {
  test("runs as printed", async () => {
    const testing = { TestEnvironment, replayHistory, crashEverywhere };
    const scope = { ...heddle, ...testing, startEngine, expect };
    const { outputText } = ts.transpileModule(`async function sample() {\n${code}\n}\nreturn sample();`, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    // The samples are ours; a function body is the one way to hand them the names that a reader imports.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const run = new Function(...Object.keys(scope), outputText) as (...values: unknown[]) => Promise<void>;
    await run(...Object.values(scope));
  });
});
