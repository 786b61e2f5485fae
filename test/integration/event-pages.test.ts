// The samples of docs/webhooks.md and docs/cloud-events.md, run by a shell against a gateway with the files of the pages.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { serveGateway } from "./support/served-gateway.js";

async function readPage(name: string) {
  const text = await readFile(new URL(`../../docs/${name}`, import.meta.url), "utf8");
  const blocks = [...text.matchAll(/^```(\S+) (\S+)\n([^]*?)^```$/gm)];
  const of = (language: string) => blocks.filter(([, each]) => each === language);
  return {
    scripts: of("sh").map(([, , , code = ""]) => code),
    files: of("json").map(([, , file = "", code = ""]) => ({ file, code })),
  };
}

/** The answers that a shell prints when it runs the scripts one after the other. */
async function runScripts(
  scripts: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<object[]> {
  const script = scripts.join("\n").replaceAll(/ # \w+$/gm, " && echo");
  const shell = promisify(execFile);
  const { stdout } = await shell("bash", ["-euc", script], { env: { ...process.env, ...env } });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as object);
}

function promisedOutcomes(scripts: readonly string[]): { outcome: string | undefined }[] {
  return [...scripts.join("\n").matchAll(/ # (\w+)$/gm)].map(([, outcome]) => ({ outcome }));
}

async function serveWith(
  files: readonly { file: string; code: string }[],
  env: Readonly<Record<string, string>>,
) {
  const folder = await mkdtemp(join(tmpdir(), "heddle-pages-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const { file, code } of files) await writeFile(join(folder, file), code);
  const pathOf = (file: string) => (files.some((each) => each.file === file) ? join(folder, file) : "");
  const named = {
    HEDDLE_WEBHOOKS_FILE: pathOf("webhooks.json"),
    HEDDLE_CLOUD_EVENTS_FILE: pathOf("cloud-events.json"),
  };
  return (await serveGateway({ env: { ...env, ...named } })).url;
}

test("docs/webhooks.md: what openssl signs is taken, and does what the page says", async () => {
  const { scripts, files } = await readPage("webhooks.md");
  const secret = (): string => randomBytes(24).toString("hex");
  const secrets = {
    SHOP_SECRET: `whsec_${randomBytes(32).toString("base64")}`,
    ...{ STRIPE_SECRET: `whsec_${secret()}`, GITHUB_SECRET: secret(), GITHUB_SECRET_NEXT: secret() },
  };
  const url = await serveWith(files, secrets);
  const outcomes = promisedOutcomes(scripts);
  expect(outcomes).toHaveLength(6);
  expect(await runScripts(scripts, { ...secrets, HEDDLE: url })).toMatchObject(outcomes);
});

test("docs/cloud-events.md: the events do what the page says", async () => {
  const { scripts, files } = await readPage("cloud-events.md");
  const url = await serveWith(files, {});
  const items = [{ status: 202 }, { status: 400, problem: { code: "INVALID_ARGUMENT" } }];
  const outcomes = promisedOutcomes(scripts).map((each) => (each.outcome === "items" ? { items } : each));
  expect(outcomes).toHaveLength(5);
  expect(await runScripts(scripts, { HEDDLE: url })).toMatchObject(outcomes);
});
