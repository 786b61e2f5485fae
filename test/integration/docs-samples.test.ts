import { readdirSync } from "node:fs";
import { HeddleClient } from "@heddle/client";
import * as conductor from "@heddle/conductor";
import * as heddle from "heddle";
import { crashEverywhere, replayHistory, TestEnvironment } from "@heddle/testing";
import { randomNamespace } from "@heddle/testkit";
import ts from "typescript";
import { describe, expect, inject, test } from "vitest";
import { serveGateway } from "./support/served-gateway.js";
import { runnableSamples } from "../support/markdown-samples.js";

const docs = new URL("../../docs/", import.meta.url);
const pages = readdirSync(docs).filter((name) => name.endsWith(".md"));
const samples = pages.flatMap((page) => runnableSamples(new URL(page, docs).pathname));

/** An engine that a sample gets with `await using`: it is shut down at the end of the sample. */
async function startEngine(options: heddle.EngineOptions<never[]>) {
  const namespace = randomNamespace("docs");
  const engine = await heddle.Engine.create({ namespace, ...options, url: inject("redisUrl") });
  namespaces.set(engine, options.namespace ?? namespace);
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.shutdown() });
}

const namespaces = new WeakMap<object, string>();

/** URL of a gateway of the engine's namespace; it ends with the sample. */
async function serve(engine: object): Promise<string> {
  const namespace = namespaces.get(engine);
  return (await serveGateway(namespace === undefined ? {} : { namespace })).url;
}

test("the guide has samples that can be run", () => {
  expect(samples.length).toBeGreaterThanOrEqual(5);
});

describe.each(samples)("$file:$line", ({ code }) => {
  test("runs as printed", async () => {
    const testing = { TestEnvironment, replayHistory, crashEverywhere };
    const scope = { ...heddle, ...conductor, ...testing, HeddleClient, startEngine, serve, expect };
    const { outputText } = ts.transpileModule(`async function sample() {\n${code}\n}\nreturn sample();`, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    // The samples are ours; a function body is the one way to hand them the names that a reader imports.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const run = new Function(...Object.keys(scope), outputText) as (...values: unknown[]) => Promise<void>;
    await run(...Object.values(scope));
  });
});
