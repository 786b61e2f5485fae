// The commands on dead letters, as processes.
import { HeddleClient } from "@heddle/client";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openForeignQueue, QUEUE } from "./support/open-ingestion.js";
import { runCli } from "./support/run-cli.js";
import { serveGateway } from "./support/served-gateway.js";

test("dead letters are listed, shown, redriven and deleted", { timeout: 120_000 }, async () => {
  const namespace = randomNamespace("cli");
  const { url } = await serveGateway({ namespace, env: { HEDDLE_INGESTION_QUEUE: QUEUE } });
  const heddle = (...args: readonly string[]) => runCli(["dead-letter", ...args], { HEDDLE_URL: url });
  const client = new HeddleClient({ url });
  const queue = openForeignQueue(namespace);
  for (const jobId of ["click-1", "click-2"]) await queue.add("signal", { id: "w", name: "add" }, { jobId });
  await queue.add("charge", { amount: 5 }, { jobId: "odd" });
  await waitFor(async () => (await client.deadLetters.list()).total === 3, {
    description: "all are refused",
  });

  const listed = await heddle("list", "-o", "json");
  const { items } = JSON.parse(listed.output) as { items: { id: string; jobId: string }[] };
  const idOf = (job: string) => items.find(({ jobId }) => jobId === job)?.id ?? "";
  const [text, shown, odd, both, none] = await Promise.all([
    heddle("list", "--limit", "2"),
    heddle("show", idOf("odd")),
    heddle("redrive", idOf("odd")),
    heddle("redrive", idOf("odd"), "--all"),
    heddle("redrive"),
  ]);
  expect(text.output).toMatch(/^ID\s+NAME\s+JOB\s+CODE\s+REFUSED\n[^]*\n2 of 3; --cursor \d+ for more$/);
  expect(shown.output).toMatch(
    /^code +INVALID_ARGUMENT\nreason +the job is called "charge".*\ndata +\{"amount":5\}$/m,
  );
  expect(odd).toMatchObject({ code: 1, output: expect.stringContaining("start-or-signal") as string });
  expect([both.code, none.code]).toEqual([2, 2]);

  await client.start("t", undefined, { id: "w" });
  expect(await heddle("redrive", idOf("click-1"))).toEqual({
    code: 0,
    output: `${idOf("click-1")}: signalled w`,
  });
  expect(await heddle("redrive", "--code", "WORKFLOW_NOT_FOUND")).toEqual({
    ...{ code: 0, output: "1 redriven, 0 refused again" },
  });
  expect(await heddle("delete", idOf("odd"))).toEqual({ code: 0, output: `${idOf("odd")}: deleted` });
  expect((await heddle("delete", idOf("odd"))).output).toMatch(/: there is none/);
  expect((await client.getHandle("w").describe()).accepted).toBe(3);
});
