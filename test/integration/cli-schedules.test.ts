// Schedules, and what workflows are searched by, on the command line.
import { workflow } from "heddle";
import { randomNamespace } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";
import { runCli } from "./support/run-cli.js";
import { serveGateway } from "./support/served-gateway.js";

const report = workflow({ name: "report" }).execute(async function* (ctx, input: { of: string }) {
  return yield* ctx.step("write", () => `report of ${input.of}`);
});

async function openCli() {
  const namespace = randomNamespace("cli-schedules");
  const engine = await openEngine({ namespace, workflows: [report] });
  const { url } = await serveGateway({ namespace });
  const heddle = (...args: readonly string[]) => runCli(args, { HEDDLE_URL: url });
  const json = async (...args: readonly string[]) => {
    const { code, output } = await heddle(...args, "-o", "json");
    expect(code, output).toBe(0);
    return JSON.parse(output) as Record<string, unknown>;
  };
  return { engine, heddle, json };
}

// Each command is a process that compiles its sources first.
test("a schedule is created, looked at, changed, triggered and deleted", { timeout: 120_000 }, async () => {
  const { engine, heddle, json } = await openCli();
  const timing = ["--cron", "30 2 * * *", "--cron", "0 5 * * 1,3", "--time-zone", "Europe/Berlin"];
  const run = [
    "--workflow-type",
    "report",
    "--input",
    '{"of":"sales"}',
    "--tag",
    "a,b",
    "--attribute",
    "n=5",
  ];
  expect(
    await json(
      ...["schedule", "create", "nightly", ...timing, ...run, "--every", "36h", "--offset", "90m"],
      ...[
        "--jitter",
        "5m",
        "--overlap",
        "allow-all",
        "--end-at",
        "2099-01-01T00:00:00+01:00",
        "--note",
        "new",
      ],
    ),
  ).toEqual({ id: "nightly" });
  expect(await engine.schedules.get("nightly").describe()).toMatchObject({
    ...{ cron: ["30 2 * * *", "0 5 * * 1,3"], timezone: "Europe/Berlin", overlap: "allow-all", note: "new" },
    ...{ interval: { everyMs: 129_600_000, offsetMs: 5_400_000 }, jitterMs: 300_000 },
    endAtMs: Date.parse("2098-12-31T23:00:00Z"),
  });

  const key = ["--idempotency-key", "message 17"];
  const first = await json("schedule", "trigger", "nightly", ...key);
  expect(await json("schedule", "trigger", "nightly", ...key)).toEqual(first);
  expect(await engine.getHandle(String(first["workflowId"])).result()).toBe("report of sales");
  expect(await json("workflow", "count", "--tag", "a,b", "--attribute", 'n={"gt":4}')).toEqual({ count: 1 });

  expect((await heddle("schedule", "pause", "nightly", "--note", "moving")).output).toBe("nightly: paused");
  expect((await heddle("schedule", "list")).output).toMatch(
    /^ID +WORKFLOW TYPE +STATE +NEXT +NOTE\nnightly +report +paused +moving$/,
  );
  expect(
    await heddle(
      "schedule",
      "update",
      "nightly",
      "--clear",
      "interval",
      "--clear",
      "end-at",
      "--jitter",
      "0",
    ),
  ).toEqual({ code: 0, output: "nightly: updated" });
  const { output } = await heddle("schedule", "describe", "nightly");
  expect(output).toMatch(/^cron +30 2 \* \* \* \| 0 5 \* \* 1,3$/m);
  expect(output).toMatch(/^runs +1 started, 0 skipped/m);
  expect(output).not.toMatch(/^(every|jitter|ends) /m);
  expect(await heddle("schedule", "delete", "nightly")).toEqual({ code: 0, output: "nightly: deleted" });
  expect(await heddle("schedule", "describe", "nightly")).toMatchObject({ code: 1 });
});

test("what is wrong is told by name, with the code of a refusal or of a bad command line", async () => {
  const { engine, heddle } = await openCli();
  const create = (...args: readonly string[]) =>
    heddle("schedule", "create", "s", "--workflow-type", "report", ...args);
  expect(await create("--cron", "0 25 * * *")).toEqual({
    code: 1,
    output: expect.stringMatching(/field 2 \(hour\) is "25".*\(INVALID_SCHEDULE\)$/) as string,
  });
  for (const [args, message] of [
    [["--every", "often"], /--every .* is no duration/],
    [["--every", "1h", "--overlap", "queue"], /--overlap .* Allowed choices are skip/],
    [["--every", "1h", "--start-at", "tomorrow"], /--start-at .* a time with a zone/],
    [["--cron", "@daily", "--offset", "1h"], /--offset needs --every/],
    [["--cron", "@daily", "--attribute", "customer"], /must be name=value/],
    [["--cron", "@daily", "--attribute", "a=1", "--attribute", "a=2"], /given twice/],
  ] as const) {
    const refused = await create(...args);
    expect(refused).toEqual({ code: 2, output: expect.stringMatching(message) as string });
  }
  const update = (...args: readonly string[]) => heddle("schedule", "update", "s", ...args);
  expect(await update("--input", "1")).toMatchObject({ code: 2 });
  expect(await update("--clear", "interval", "--every", "1h")).toMatchObject({ code: 2 });
  expect((await engine.schedules.list()).items).toEqual([]);
}, 120_000);
