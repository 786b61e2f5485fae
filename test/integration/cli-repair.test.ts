// Repairs and work on many workflows from the command line.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomNamespace } from "@heddle/testkit";
import { activity, signal, workflow } from "heddle";
import { expect, onTestFinished, test } from "vitest";
import { openEngine } from "./support/open-engine.js";
import { runCli } from "./support/run-cli.js";
import { serveGateway } from "./support/served-gateway.js";

const note = signal<string>("note");
const notes = workflow({ name: "notes" }).execute(async function* (ctx) {
  return [yield* ctx.waitForSignal(note), yield* ctx.waitForSignal(note)];
});
let isBroken = true;
const charge = activity({
  name: "charge",
  retry: { maxAttempts: 1 },
  execute: () => {
    if (isBroken) throw new Error("broken");
    return "charged";
  },
});
const order = workflow({ name: "order" }).execute(async function* (ctx) {
  return yield* ctx.run(charge, undefined);
});

async function open() {
  const namespace = randomNamespace("cli");
  const engine = await openEngine({ namespace, workflows: [notes, order], activities: [charge] });
  const { url } = await serveGateway({ namespace });
  const heddle = (...args: readonly string[]) => runCli(["workflow", ...args], { HEDDLE_URL: url });
  const json = async (...args: readonly string[]) => {
    const { code, output } = await heddle(...args, "-o", "json");
    return { code, body: JSON.parse(output) as Record<string, unknown> };
  };
  return { engine, heddle, json };
}

// Each command is a process that compiles its sources first.
test("one workflow is reset, forked, retried, exported and imported", { timeout: 120_000 }, async () => {
  const { engine, heddle, json } = await open();
  const handle = await engine.start("notes", undefined, { id: "n-1" });
  await handle.signal(note, "one");
  await handle.signal(note, "wrong");
  await handle.result();
  const event = (await handle.history()).find(({ kind }) => kind === "signal")?.index ?? -1;
  const cut = ["--event", String(event), "--reapply", "none", "--reason", "wrong note"];
  expect((await heddle("reset", "n-1", ...cut, "--run-id", "another")).code).toBe(1);
  const reset = await json("reset", "n-1", ...cut, "--run-id", String(handle.runId));
  expect(reset).toMatchObject({ code: 0, body: { id: "n-1" } });
  await engine.signal("n-1", note, "two");
  expect(await engine.getHandle("n-1").result()).toEqual(["one", "two"]);
  const forked = await json("fork", "n-1", "--event", String(event), "--new-id", "n-2");
  expect(forked).toMatchObject({ code: 0, body: { id: "n-2" } });

  const { code, output } = await heddle("export", "n-1");
  expect(code).toBe(0);
  const folder = await mkdtemp(join(tmpdir(), "heddle-cli-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "n-1.json");
  await writeFile(file, output);
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({
    format: "heddle-history",
    workflowId: "n-1",
  });
  expect(await json("import", file, "--id", "n-3")).toMatchObject({ code: 0, body: { id: "n-3" } });
  expect((await engine.getHandle("n-3").describe()).status).toBe("completed");
  expect((await heddle("import", join(folder, "none.json"))).code).toBe(2);

  const failing = await engine.start("order", undefined, { id: "o-1" });
  await expect(failing.result()).rejects.toThrow();
  isBroken = false;
  expect((await json("retry", "o-1")).body).toMatchObject({ id: "o-1" });
  isBroken = true;
  expect(await engine.getHandle("o-1").result()).toBe("charged");
});

test("many are found by a filter, asked about first, and told of", { timeout: 120_000 }, async () => {
  const { engine, heddle, json } = await open();
  for (const id of ["a-1", "a-2", "b-1"]) await engine.start("notes", undefined, { id });
  const due = ["--attribute", 'due={"date":"2030-01-01T00:00:00Z"}', "--attribute", "team=red"];
  expect(await heddle("set-attributes", "a-1", ...due)).toMatchObject({
    ...{ code: 0, output: "a-1: attributes set" },
  });
  const late = ["--attribute", 'due={"gte":{"date":"2029-01-01T00:00:00Z"}}'];
  expect((await json("list", ...late)).body).toMatchObject({ total: 1, items: [{ id: "a-1" }] });
  const byTeam = await heddle("aggregate", "--by", "@team");
  expect(byTeam.output).toMatch(/^GROUP +COUNT\nred +1$/);

  const filter = ["--id-prefix", "a-", "--type", "notes"];
  expect((await json("terminate", ...filter, "--dry-run")).body).toMatchObject({ dryRun: true, matched: 2 });
  expect((await heddle("terminate", ...filter, "--dry-run")).output).toMatch(/^2 workflows match\n/);
  const signalled = await json(
    "signal",
    "note",
    "--payload",
    '"x"',
    ...filter,
    "--yes",
    "--operation-id",
    "s",
  );
  expect(signalled).toMatchObject({ code: 0, body: { operationId: "s", matched: 2, done: 2 } });
  const { code, output } = await heddle("terminate", ...filter, "--yes", "--reason", "a test");
  expect(code).toBe(0);
  // Without a terminal there is no progress, only what the command was asked for.
  expect(output).toMatch(/^operation +\S+\nmatched +2\ndone +2\nskipped +0\nfailed +0$/);
  expect(await engine.count({ status: "terminated" })).toBe(2);
  const refused = await heddle("reset", "--status", "terminated", "--event", "900", "--yes");
  expect(refused.code).toBe(4);
  expect(refused.output).toMatch(/^FAILED +WHY$/m);
});

test("without a terminal nobody is asked, and nothing is done", { timeout: 60_000 }, async () => {
  const { engine, heddle } = await open();
  await engine.start("notes", undefined, { id: "n-1" });
  const { code, output } = await heddle("terminate", "--type", "notes");
  expect([code, output]).toEqual([2, expect.stringContaining("give --yes")]);
  expect((await heddle("terminate", "--all", "--yes", "--limit", "0")).code).toBe(1);
  expect(await engine.count({ status: "terminated" })).toBe(0);
});
