// The commands of docs/http-api.md that settle activities, each against an activity of its own.
import { readFile } from "node:fs/promises";
import { randomNamespace, spawnProcess } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openAsking } from "./support/asking.js";
import { serveGateway } from "./support/served-gateway.js";

test("every command of the section on activities is answered with what the page says", async () => {
  const page = await readFile(new URL("../../docs/http-api.md", import.meta.url), "utf8");
  const section = /^## Activities\n([^]*?)^## /m.exec(page)?.[1] ?? "";
  const commands = /^```sh\n([^]*?)^```$/m.exec(section)?.[1]?.trim().split("\n") ?? [];
  const replies = {
    complete: { id: "letter-1" },
    fail: { id: "letter-1", willRetry: true },
    heartbeat: { id: "letter-1", cancelRequested: false },
  };
  const namespace = randomNamespace("http-page");
  const { engine, tokenOf } = await openAsking(namespace);
  const { url } = await serveGateway({ namespace });
  expect(commands).toHaveLength(4);
  for (const [index, command] of commands.entries()) {
    const idConflict = "terminate-existing";
    await engine.start("asking", { retry: { initialBackoff: "1h" } }, { id: "letter-1", idConflict });
    const run = await spawnProcess({
      name: "docs/http-api.md",
      command: "bash",
      args: ["-ec", command.replace("curl", "curl -sf")],
      env: { HEDDLE: url, JSON: "content-type: application/json", TOKEN: await tokenOf(index + 1) },
    });
    expect(await run.exited, command).toMatchObject({ code: 0 });
    const verb = /\/(complete|fail|heartbeat) /.exec(command)?.[1] as keyof typeof replies;
    expect(run.lines.map((line) => JSON.parse(line) as unknown)).toEqual([replies[verb]]);
  }
});
