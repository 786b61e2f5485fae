import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@heddle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { readConfiguration } from "./configuration.js";

const REDIS_URL = "redis://127.0.0.1:6379";
const SECRET = "hunter2 hunter2 hunter2";
const HOOKS = {
  pushes: {
    scheme: "github",
    secretVariables: ["PUSHES_SECRET"],
    workflowId: { pointer: "/repository/id" },
    signal: { header: "x-github-event" },
  },
};

async function folderWith(files: Readonly<Record<string, string>>): Promise<(name: string) => string> {
  const folder = await mkdtemp(join(tmpdir(), "heddle-events-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return (name) => join(folder, name);
}

test("webhooks are read from a file, and their secrets from the environment or files", async () => {
  const path = await folderWith({ hooks: JSON.stringify(HOOKS), secret: `${SECRET}\n` });
  const files = { REDIS_URL, HEDDLE_WEBHOOKS_FILE: path("hooks") };
  for (const environment of [{ PUSHES_SECRET: SECRET }, { PUSHES_SECRET_FILE: path("secret") }]) {
    const { webhooks } = readConfiguration({ ...files, ...environment });
    expect(webhooks?.get("pushes")?.keys).toEqual([Buffer.from(SECRET)]);
  }
});

test("rules for events are read from a file", async () => {
  const rules = { "order.paid": { signal: "paid", start: { type: "order" } } };
  const path = await folderWith({ rules: JSON.stringify(rules) });
  const { eventRules } = readConfiguration({ REDIS_URL, HEDDLE_CLOUD_EVENTS_FILE: path("rules") });
  expect(Object.fromEntries(eventRules ?? [])).toEqual(rules);
});

test.each([
  ["HEDDLE_WEBHOOKS_FILE", "hooks", "{", {}, /is no JSON/],
  ["HEDDLE_WEBHOOKS_FILE", "hooks", "", {}, /is empty/],
  ["HEDDLE_WEBHOOKS_FILE", "elsewhere", "", {}, /cannot be read/],
  ["HEDDLE_WEBHOOKS_FILE", "hooks", JSON.stringify(HOOKS), {}, /PUSHES_SECRET .*at least 16 characters/],
  ["HEDDLE_WEBHOOKS_FILE", "hooks", JSON.stringify(HOOKS), { PUSHES_SECRET: "" }, /PUSHES_SECRET /],
  ["HEDDLE_WEBHOOKS_FILE", "hooks", JSON.stringify(HOOKS), { PUSHES_SECRET: "hunter2" }, /PUSHES_SECRET /],
  [
    "HEDDLE_WEBHOOKS_FILE",
    "hooks",
    JSON.stringify({ pushes: { ...HOOKS.pushes, secret: SECRET } }),
    {},
    /"pushes"/,
  ],
  ["HEDDLE_CLOUD_EVENTS_FILE", "hooks", '{"paid":{"signal":""}}', {}, /"paid.signal"/],
  ["HEDDLE_CLOUD_EVENTS_FILE", "hooks", '{"paid":{"workflowType":"order"}}', {}, /"paid"/],
])(
  "a fault of %s is told by its name and place, and no secret",
  async (variable, name, text, environment, fault) => {
    const path = await folderWith({ hooks: text });
    const reading = () => readConfiguration({ REDIS_URL, [variable]: path(name), ...environment });
    expect(reading).toThrow(ConfigurationError);
    expect(reading).toThrow(new RegExp(`^${variable} is `));
    expect(reading).toThrow(fault);
    expect(reading).not.toThrow(/hunter2/);
  },
);
