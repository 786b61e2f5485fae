import { expect, test } from "vitest";
import { includesRole, isRole, ROLES } from "./roles.js";

test("each role includes those before it and none behind", () => {
  for (const [index, held] of ROLES.entries()) {
    expect(ROLES.filter((least) => includesRole(held, least))).toEqual(ROLES.slice(0, index + 1));
  }
});

test.each(["Admin", "root", "", undefined, ["admin"], "constructor"])("%j is no role", (value) => {
  expect(isRole(value)).toBe(false);
});
