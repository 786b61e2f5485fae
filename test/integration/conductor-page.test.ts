// The commands of docs/conductor.md, one after the other, against what `heddle dev` starts.
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomNamespace, spawnProcess, startKafkaCluster, waitFor } from "@heddle/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { CLI_ENTRY } from "./support/run-cli.js";

type Json = Record<string, unknown>;
const READY = /heddle dev ready at (\S+);/;

/** The commands by the word behind `sh` of their fence. */
async function commandsOf(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const fences = text.matchAll(/^```sh (\w+)\n([^]*?)^```$/gm);
  return new Map(Array.from(fences, ([, name = "", command = ""]) => [name, command]));
}

test("the page on Conductor runs as it stands", { timeout: 180_000 }, async () => {
  const service = createServer((_request, response) => {
    response.setHeader("content-type", "application/json").end('{"ready":true}');
  }).listen(0, "127.0.0.1");
  await once(service, "listening");
  onTestFinished(() => void service.close());
  const cluster = await startKafkaCluster();
  onTestFinished(() => cluster.stop());
  const folder = await mkdtemp(join(tmpdir(), "heddle-page-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [KAFKA = ""] = cluster.brokers;
  const SERVICE = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  const dev = await spawnProcess({
    name: "heddle dev",
    entry: CLI_ENTRY,
    args: ["dev", "--redis", inject("redisUrl"), "--namespace", randomNamespace("page"), "--port", "0"],
    env: { HEDDLE_EGRESS_HOSTS: `${SERVICE},${cluster.brokers.join(",")}`, HEDDLE_KAFKA_BROKERS: KAFKA },
    readyWhen: READY,
    readyTimeoutMs: 90_000,
  });
  onTestFinished(async () => {
    await dev.kill("SIGTERM");
  });
  const url = READY.exec(await dev.waitForLine(READY))?.[1] ?? "";

  const commands = await commandsOf("conductor.md");
  const state = join(folder, "state");
  const ran = new Set<string>();
  /** What the command prints, by line, and the workflow id that it knows of afterwards. */
  const run = async (name: string): Promise<{ readonly lines: readonly string[]; readonly id: string }> => {
    const command = commands.get(name);
    if (command === undefined) throw new Error(`the page has no command ${name}`);
    ran.add(name);
    const script = `touch ${state}; . ${state}\n${command}\necho; echo "ID=$ID" | tee ${state}`;
    const bash = await spawnProcess({
      ...{ name, command: "bash", args: ["-ec", script] },
      env: { HEDDLE: url, JSON: "content-type: application/json", SERVICE, KAFKA },
    });
    expect(await bash.exited, `${name}: ${bash.lines.join("\n")}`).toMatchObject({ code: 0 });
    const id = bash.lines.at(-1)?.slice("ID=".length) ?? "";
    return { id, lines: bash.lines.slice(0, -1).filter((line) => line !== "") };
  };
  const json = ({ lines }: { readonly lines: readonly string[] }) => JSON.parse(lines[0] ?? "") as Json;
  const workflow = async (id: string) =>
    (await (await fetch(`${url}/api/workflow/${id}`)).json()) as Json & { tasks: Json[] };
  const inProgress = (id: string, ref: string) =>
    waitFor(
      async () =>
        (await workflow(id)).tasks.find(
          (task) =>
            task["referenceTaskName"] === ref &&
            task["status"] === "IN_PROGRESS" &&
            (ref === "approval" || ref === "warehouse" || Object.keys(task["outputData"] as Json).length > 0),
        ),
      { description: `${ref} waits for somebody outside`, timeoutMs: 30_000 },
    );

  // asyncComplete
  const { id: async } = await run("async");
  await inProgress(async, "http_task_85tf2_ref");
  expect(json(await run("look"))).toMatchObject({
    totalHits: 1,
    results: [
      {
        ...{ taskType: "HTTP", status: "IN_PROGRESS", referenceTaskName: "http_task_85tf2_ref" },
        outputData: { response: { statusCode: 200, body: { ready: true } } },
      },
    ],
  });
  const { lines: completed } = await run("complete");
  expect(completed).toEqual([expect.stringContaining(async)]);
  expect(json(await run("status"))).toEqual({ workflowId: async, status: "COMPLETED" });
  expect(await workflow(async)).toMatchObject({
    tasks: [{ status: "COMPLETED", outputData: { approved: true, response: { statusCode: 200 } } }],
  });

  // Messages are published once, and their tasks wait.
  const { id: published } = await run("publish");
  await inProgress(published, "warehouse");
  await waitFor(async () => (await cluster.read("orders")).length === 1, {
    description: "the message is published",
    timeoutMs: 30_000,
  });
  await run("warehouse");
  await inProgress(published, "shop");
  await run("shop");
  expect(await workflow(published)).toMatchObject({
    status: "COMPLETED",
    tasks: [
      { outputData: { packed: true } },
      { outputData: { seen: true, event_produced: "kafka:shipped" } },
    ],
  });
  const [order, ...others] = await cluster.read("orders");
  expect([JSON.parse(order?.payload ?? ""), others]).toEqual([{ id: 7 }, []]);
  const [shipped, ...more] = await cluster.read("shipped");
  expect(JSON.parse(shipped?.payload ?? "")).toMatchObject({ id: 7, workflowInstanceId: published });
  expect(more).toEqual([]);

  // WAIT
  const { id: waiting } = await run("wait");
  await inProgress(waiting, "approval");
  expect(json(await run("signal"))).toMatchObject({
    ...{ targetWorkflowId: waiting, status: "COMPLETED", output: { by: "ada" } },
  });

  // Pause
  const { id: paused } = await run("pause");
  await waitFor(async () => (await workflow(paused)).tasks[0]?.["status"] === "COMPLETED", {
    description: "the timer has gone on",
    timeoutMs: 30_000,
  });
  expect((await workflow(paused)).tasks).toHaveLength(1);
  expect(json(await run("paused"))).toEqual({ workflowId: paused, status: "PAUSED" });
  await inProgress(paused, "approval");
  await run("terminate");
  expect(await workflow(paused)).toMatchObject({
    ...{ status: "TERMINATED", reasonForIncompletion: "no longer needed" },
  });

  expect([...commands.keys()].filter((name) => !ran.has(name))).toEqual([]);
  expect(await dev.stop({ timeoutMs: 30_000 })).toMatchObject({ code: 0 });
});
