import { InvalidArgumentError } from "@heddle/protocol";
import { activity } from "@heddle/workflow";
import { expect, test } from "vitest";
import { ActivityRegistry } from "./activity-registry.js";

const charge = activity({ name: "charge", execute: () => "charged" });
const render = activity({ name: "render", queue: "gpu", execute: () => "rendered" });

test("activities are found by the name of their definition, from a map or a list", () => {
  for (const activities of [{ pay: charge, render }, [charge, render]]) {
    const registry = new ActivityRegistry(activities);
    expect(registry.names).toEqual(["charge", "render"]);
    expect(registry.find("charge")).toBe(charge);
    expect(registry.find("pay")).toBeUndefined();
  }
});

test("the queues to serve are those that the activities name", () => {
  expect(new ActivityRegistry([charge, render]).queues).toEqual(["default", "gpu"]);
  expect(new ActivityRegistry([render]).queues).toEqual(["gpu"]);
  expect(new ActivityRegistry([]).queues).toEqual(["default"]);
});

test("the same activity twice is one, and two of the same name are refused", () => {
  expect(new ActivityRegistry({ a: charge, b: charge }).names).toEqual(["charge"]);
  const other = activity({ name: "charge", execute: () => "other" });
  expect(() => new ActivityRegistry([charge, other])).toThrow(InvalidArgumentError);
});
