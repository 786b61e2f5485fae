// The sample of the README is a whole program: it is type-checked and run as a process, as a reader would run it.
import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { randomNamespace, spawnProcess, startTestRedis } from "@heddle/testkit";
import { expect, onTestFinished, test } from "vitest";
import { runnableSamples } from "../support/markdown-samples.js";
import { compileSamples } from "./support/page-samples.js";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const [sample, ...others] = runnableSamples(`${repository}README.md`);
const program = sample?.code ?? "";

test("the README has one program", () => {
  expect(program).toContain('from "heddle"');
  expect(others).toEqual([]);
});

test("the program of the README has no type error", () => {
  expect(compileSamples([program], "", {})).toEqual([]);
});

test("the program of the README prints what its comments say", async () => {
  const redis = await startTestRedis();
  onTestFinished(() => redis.stop());
  // Inside the repository, so that it finds the package.
  const entry = `${repository}.heddle/${randomNamespace("readme")}.ts`;
  onTestFinished(() => rm(entry, { force: true }));
  await writeFile(entry, program);
  const run = await spawnProcess({ name: "README", entry, env: { REDIS_URL: redis.url } });
  expect(await run.exited, run.lines.join("\n")).toMatchObject({ code: 0 });
  const promised = [...program.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output]) => output);
  expect(promised).toHaveLength(2);
  expect(run.lines).toEqual(promised);
});
