import { fileURLToPath } from "node:url";
import { ConfigurationError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { loadActivities } from "./activity-modules.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const single = fileURLToPath(new URL("./fixtures/single-activities.ts", import.meta.url));
const collected = fileURLToPath(new URL("./fixtures/collected-activities.ts", import.meta.url));
const none = fileURLToPath(new URL("./fixtures/no-activities.ts", import.meta.url));

const names = async (...specifiers: string[]) =>
  (await loadActivities(specifiers, here)).map((activity) => activity.name).sort();

test("every export that is an activity is taken", async () => {
  expect(await names(single)).toEqual(["charge", "refund"]);
});

test("a collection named activities is taken, and an activity met twice counts once", async () => {
  expect(await names(collected, "./fixtures/single-activities.js")).toEqual(["charge", "refund", "ship"]);
});

test.each([none, "./fixtures/missing.js", "@heddle/not-there"])(
  "a module without activities, or none at all, is told by its name: %s",
  async (specifier) => {
    await expect(names(specifier)).rejects.toThrow(ConfigurationError);
    await expect(names(specifier)).rejects.toThrow(`HEDDLE_ACTIVITIES names "${specifier}"`);
  },
);
