// The command line as a process: `dev` from nothing to an end in order, and work with workflows over HTTP.
import { createServer } from "node:net";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort } from "@heddle/embedded-redis";
import { randomNamespace, spawnProcess, type SpawnedProcess } from "@heddle/testkit";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { CLI_ENTRY, runCli } from "./support/run-cli.js";
import { serveGateway } from "./support/served-gateway.js";

const READY = /heddle dev ready at (\S+);/;

// Each command is a process that compiles its sources first.
describe("dev", { timeout: 120_000 }, () => {
  let dev: SpawnedProcess;
  let url: string;
  const heddle = (...args: readonly string[]) => runCli(args, { HEDDLE_URL: url });
  const json = async (...args: readonly string[]) => {
    const { code, output } = await heddle(...args, "-o", "json");
    expect(code, output).toBe(0);
    return JSON.parse(output) as Record<string, unknown>;
  };

  beforeAll(async () => {
    dev = await spawnProcess({
      name: "heddle dev",
      entry: CLI_ENTRY,
      args: ["dev", "@heddle/examples", "--ephemeral", "--port", "0"],
      env: { REDIS_URL: undefined },
      readyWhen: READY,
      readyTimeoutMs: 90_000,
    });
    url = READY.exec(await dev.waitForLine(READY))?.[1] ?? "";
  }, 100_000);
  afterAll(async () => {
    // Undefined when it did not start, which its own error tells.
    await (dev as SpawnedProcess | undefined)?.kill();
  });

  test("a workflow is started, asked, signalled and looked at", async () => {
    const started = await json(
      ...["workflow", "start", "approval", "--id", "cli-1"],
      ...["--input", '{"orderId":"1","amount":42}'],
    );
    expect(started).toMatchObject({ id: "cli-1", runId: expect.any(String) as string });
    expect((await heddle("workflow", "query", "cli-1", "phase")).output).toBe("waiting for approval");
    const payload = JSON.stringify({ approved: true, by: "ada" });
    const signal = ["workflow", "signal", "cli-1", "approval", "--payload", payload, "--signal-id", "s"];
    expect(await json(...signal)).toMatchObject({ id: "cli-1", signalId: "s" });
    expect(await json("workflow", "result", "cli-1", "--timeout", "20s")).toMatchObject({ orderId: "1" });
    expect(await json("workflow", "list", "--status", "completed")).toMatchObject({
      total: 1,
      items: [{ id: "cli-1", type: "approval", status: "completed" }],
    });
    const { output } = await heddle("workflow", "show", "cli-1");
    expect(output).toMatch(/^#\s+TIME\s+EVENT\s+DETAILS\n0 .* started/);
    expect((await heddle("workflow", "describe", "cli-1")).output).toMatch(/^status +completed$/m);
  });

  test("an activity is settled, by reference only when both parts are given; queues are looked at", async () => {
    const target = ["--workflow-id", "nobody", "--reference", "approval"];
    expect(await heddle("activity", "complete", ...target, "--result", "1")).toMatchObject({
      code: 1,
      output: expect.stringContaining("WORKFLOW_NOT_FOUND") as string,
    });
    expect(await heddle("activity", "heartbeat", ...target.slice(0, 2))).toMatchObject({
      code: 2,
      output: expect.stringContaining("--token") as string,
    });
    expect(await heddle("activity", "complete", "--token", "t", ...target)).toMatchObject({ code: 2 });
    expect(await heddle("activity", "fail", "--token", "t")).toMatchObject({ code: 2 });
    const { items } = await json("queue", "list");
    expect(items).toMatchObject([
      { name: "conductor.system", liveWorkers: 1 },
      { name: "default", liveWorkers: 1 },
    ]);
    const described = await json("queue", "describe", "default", "--target-per-worker", "5");
    expect(described).toMatchObject({ targetPerWorker: 5, workers: [{ active: 0 }] });
    const { output } = await heddle("queue", "describe", "default");
    expect(output).toMatch(/^live workers +1$/m);
    expect(output).toMatch(/^WORKER +HOST +ACTIVE +CONCURRENCY +LAST SEEN$/m);
  });

  test("the sessions of the page run as printed", { timeout: 300_000 }, async () => {
    const page = await readFile(new URL("../../docs/cli.md", import.meta.url), "utf8");
    const session = [...page.matchAll(/```sh run\n([^]*?)```/g)].map(([, code]) => code).join("");
    const folder = await mkdtemp(join(tmpdir(), "heddle-cli-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const tsx = [process.execPath, "--conditions=source", "--import", import.meta.resolve("tsx"), CLI_ENTRY];
    const script = `heddle() { ${tsx.map((part) => `'${part}'`).join(" ")} "$@"; }\nset -e\n${session}`;
    await writeFile(join(folder, "session.sh"), script);
    const run = await spawnProcess({
      name: "docs/cli.md",
      command: "bash",
      args: [join(folder, "session.sh")],
      env: { HEDDLE_URL: url },
      cwd: fileURLToPath(new URL("../../", import.meta.url)),
    });
    expect(await run.exited, run.lines.join("\n")).toMatchObject({ code: 0 });
    const promised = [...session.matchAll(/^heddle .*? {2,}# (.*)$/gm)].map(([, output]) => output);
    expect(promised.length).toBeGreaterThanOrEqual(3);
    for (const each of promised) expect(run.lines).toContain(each);
  });

  test("what ends without a result ends with a code of its own", async () => {
    const unpaid = JSON.stringify({ orderId: "2", amount: 1 });
    await json("workflow", "start", "approval", "--id", "cli-2", "--input", unpaid);
    expect(await heddle("workflow", "result", "cli-2", "--timeout", "200ms")).toMatchObject({ code: 6 });
    expect(await heddle("workflow", "terminate", "cli-2", "--reason", "a test")).toMatchObject({
      code: 0,
      output: "cli-2: terminated",
    });
    const ended = await heddle("workflow", "result", "cli-2");
    expect(ended).toMatchObject({
      code: 4,
      output: expect.stringContaining("WORKFLOW_TERMINATED") as string,
    });
    expect(await heddle("workflow", "signal", "nobody", "x")).toMatchObject({ code: 1 });
    expect(await heddle("workflow", "signal", "nobody")).toMatchObject({ code: 2 });
    expect(await heddle("workflow", "list", "--limit", "many")).toMatchObject({ code: 2 });
  });

  // The last one of this group.
  test("SIGTERM ends all of it in order", async () => {
    expect(await dev.stop()).toMatchObject({ code: 0 });
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });
});

test("a module that is not there is told, and nothing is started", async () => {
  const { code, output } = await runCli(["dev", "./no-such-module.js"]);
  expect(code).toBe(2);
  expect(output).toMatch(/^heddle: dev names ".\/no-such-module.js", which cannot be imported/);
});

test("nobody at the URL: nothing happened; a connection that breaks: unknown, with the ids to repeat with", async () => {
  const away = `http://127.0.0.1:${await findFreePort()}`;
  expect(await runCli(["workflow", "count", "--url", away])).toMatchObject({ code: 5 });
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const args = ["workflow", "signal", "w", "s", "--signal-id", "one", "--url", `http://127.0.0.1:${port}`];
  const { code, output } = await runCli(args);
  expect(code).toBe(3);
  expect(output).toContain('"signalId":"one"');
}, 90_000);

test("the doctor tells what is well and what is not, and changes nothing", async () => {
  const redis = ["--redis", inject("redisUrl")];
  const unused = await runCli(["doctor", ...redis, "--namespace", randomNamespace("cli")]);
  expect(unused).toMatchObject({ code: 0 });
  expect(unused.output).toMatch(/warn +namespace: nothing was ever started/);

  const { url, namespace } = await serveGateway();
  await runCli(["workflow", "start", "order", "--url", url]);
  const waiting = await runCli(["doctor", ...redis, "--namespace", namespace, "-o", "json"]);
  expect(waiting.code).toBe(1);
  const { findings } = JSON.parse(waiting.output) as { findings: { check: string; state: string }[] };
  const faults = findings.filter(({ state }) => state === "fault").map(({ check }) => check);
  expect(faults).toEqual(["coordinators", "owners"]);

  expect(await runCli(["doctor"])).toMatchObject({ code: 2 });
}, 90_000);

test("a service is started by its name, set up by options", async () => {
  const gateway = await spawnProcess({
    name: "heddle gateway",
    entry: CLI_ENTRY,
    args: ["gateway", "--redis", inject("redisUrl"), "--namespace", randomNamespace("cli"), "--port", "0"],
    env: { REDIS_URL: undefined, HEDDLE_DEV: "1" },
    readyWhen: /gateway ready/,
  });
  expect(await gateway.stop()).toMatchObject({ code: 0 });
});

test("shells complete commands and options", async () => {
  expect((await runCli(["complete", "bash"])).output).toContain("# bash completion for heddle");
  expect((await runCli(["complete", "--", "workflow", "start-"])).output).toMatch(/^start-or-signal\t/m);
});

test("watch and show --follow print what happens as it happens", { timeout: 120_000 }, async () => {
  const { url } = await serveGateway();
  const heddle = (...args: readonly string[]) => runCli(args, { HEDDLE_URL: url });
  const watched = await spawnProcess({
    name: "heddle workflow watch",
    entry: CLI_ENTRY,
    args: ["workflow", "watch", "--type", "order", "-o", "json"],
    env: { HEDDLE_URL: url },
    readyWhen: /watching/,
  });
  onTestFinished(async () => {
    await watched.kill();
  });
  expect((await heddle("workflow", "start", "order", "--id", "o-1")).code).toBe(0);
  const line = JSON.parse(await watched.waitForLine(/o-1/)) as Record<string, unknown>;
  expect(line).toMatchObject({ kind: "changed", id: "o-1", type: "order", status: "pending" });

  const followed = heddle("workflow", "show", "o-1", "--follow");
  expect((await heddle("workflow", "terminate", "o-1", "--reason", "enough")).code).toBe(0);
  expect(await followed).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^ +0 {2}\S+Z {2}terminated +\{"reason":"enough"\}$/) as string,
  });
  await watched.waitForLine(/terminated/);
  const timedOut = await heddle("workflow", "watch", "--timeout", "500ms");
  expect(timedOut).toMatchObject({ code: 6, output: expect.stringContaining("watching") as string });
});
