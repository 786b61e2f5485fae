import { fileURLToPath } from "node:url";
import { ConfigurationError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { loadActivities, loadCodec, loadWorkflows } from "./definition-modules.js";

const from = fileURLToPath(new URL("./fixtures/", import.meta.url));
const single = `${from}single-activities.ts`;
const mixed = `${from}mixed-definitions.ts`;
const none = `${from}no-definitions.ts`;

async function activityNames(...specifiers: string[]): Promise<string[]> {
  const activities = await loadActivities({ specifiers, from, variable: "HEDDLE_ACTIVITIES" });
  return activities.map(({ name }) => name).sort();
}
async function workflowNames(...specifiers: string[]): Promise<string[]> {
  const workflows = await loadWorkflows({ specifiers, from, variable: "HEDDLE_WORKFLOWS" });
  return workflows.map(({ name, version }) => `${name} ${version}`).sort();
}

test("every export that is an activity is taken", async () => {
  expect(await activityNames(single)).toEqual(["charge", "refund"]);
});

test("arrays and maps are looked into, and an activity met twice counts once", async () => {
  expect(await activityNames(mixed, "./single-activities.ts")).toEqual(["charge", "refund", "ship"]);
});

test("workflows and activities of one module are told apart, versions of a workflow too", async () => {
  expect(await workflowNames(mixed)).toEqual(["order 1", "order 2", "refund 1"]);
});

test.each([none, "./missing.js", "@heddle/not-there"])(
  "a module without definitions, or none at all, is told by its name: %s",
  async (specifier) => {
    await expect(activityNames(single, specifier)).rejects.toThrow(ConfigurationError);
    await expect(activityNames(specifier)).rejects.toThrow(`HEDDLE_ACTIVITIES names "${specifier}"`);
    await expect(workflowNames(specifier)).rejects.toThrow(`HEDDLE_WORKFLOWS names "${specifier}"`);
  },
);

test("the codec of a module is what it exports under that name", async () => {
  const codec = await loadCodec("./payload-codec.ts", from);
  const context = { namespace: "shop" };
  expect(codec.decode(codec.encode(Uint8Array.of(1, 2), context), context)).toEqual(Uint8Array.of(1, 2));
});

test.each(["./no-definitions.ts", "./missing.js"])(
  "a module without a codec is told by its name: %s",
  async (specifier) => {
    await expect(loadCodec(specifier, from)).rejects.toThrow(`HEDDLE_CODEC names "${specifier}"`);
  },
);
