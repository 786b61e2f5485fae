import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { loadActivities } from "./activity-modules.js";

const here = dirname(fileURLToPath(import.meta.url));
const names = async (...specifiers: string[]) =>
  (await loadActivities(specifiers, here)).map((activity) => activity.name).sort();

test("every export that is an activity is taken", async () => {
  expect(await names("./fixtures/single-activities.js")).toEqual(["charge", "refund"]);
});

test("a collection named activities is taken, and an activity met twice counts once", async () => {
  expect(await names("./fixtures/collected-activities.js", "./fixtures/single-activities.js")).toEqual([
    "charge",
    "refund",
    "ship",
  ]);
});

test.each(["./fixtures/no-activities.js", "./fixtures/missing.js", "@heddle/not-there"])(
  "a module without activities, or none at all, is told by its name: %s",
  async (specifier) => {
    await expect(names(specifier)).rejects.toThrow(ConfigurationError);
    await expect(names(specifier)).rejects.toThrow(new RegExp(`^HEDDLE_ACTIVITIES names "${specifier}"`));
  },
);
