// docs/scaling.md: its commands, run in order against a gateway with work in its queue, and what its manifest reads.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { randomNamespace, spawnProcess } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openAsking } from "./support/asking.js";
import { CLI_ENTRY } from "./support/run-cli.js";
import { serveGateway } from "./support/served-gateway.js";

const page = await readFile(new URL("../../docs/scaling.md", import.meta.url), "utf8");

test("the commands of the page do what it says", { timeout: 90_000 }, async () => {
  const namespace = randomNamespace("scaling");
  const { start } = await openAsking(namespace);
  await start({ queue: "mail" });
  const { url } = await serveGateway({ namespace });
  const session = [...page.matchAll(/^```sh run\n([^]*?)^```$/gm)].map(([, code]) => code).join("echo\n");
  const tsx = [process.execPath, "--conditions=source", "--import", import.meta.resolve("tsx"), CLI_ENTRY];
  const heddle = `heddle() { ${tsx.map((part) => `'${part}'`).join(" ")} "$@"; }`;
  const run = await spawnProcess({
    name: "docs/scaling.md",
    command: "bash",
    args: ["-ec", `${heddle}\n${session}`],
    env: { HEDDLE: url, HEDDLE_URL: url, KEY: "not asked for in development" },
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
  });
  expect(await run.exited, run.lines.join("\n")).toMatchObject({ code: 0 });
  const replies = run.lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as object);
  const [shown = "{}"] = [...page.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, json]) => json);
  const documented = JSON.parse(shown) as { workers: object[] };
  expect(replies).toHaveLength(2);
  for (const reply of replies) expect(Object.keys(reply)).toEqual(Object.keys(documented));
  expect(replies[1]).toMatchObject({ name: "mail", targetPerWorker: 20, recommendedReplicas: 1 });
  expect(run.lines.filter((line) => line.startsWith("mail "))).toHaveLength(1);
});

test("the sample reply of the page follows its own rule", () => {
  const [shown = "{}"] = [...page.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, json]) => json);
  const { waiting, active, backlog, recommendedReplicas, targetPerWorker } = JSON.parse(shown) as Record<
    string,
    number
  >;
  expect(backlog).toBe((waiting ?? 0) + (active ?? 0));
  expect(recommendedReplicas).toBe(Math.ceil((backlog ?? 0) / (targetPerWorker ?? 1)));
});

test("the manifest reads a number of a route that there is", async () => {
  const { url } = await serveGateway();
  const target = new URL(/url: "([^"]+)"/.exec(page)?.[1] ?? "");
  const reply = await fetch(`${url}${target.pathname}${target.search}`);
  expect(reply.status).toBe(200);
  const body = (await reply.json()) as Record<string, unknown>;
  for (const [, field = ""] of page.matchAll(/valueLocation: "(\w+)"/g)) expect(body[field]).toBe(0);
});
