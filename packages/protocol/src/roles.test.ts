import { expect, test } from "vitest";
import { includesRole, ROLES, type Role } from "./roles.js";

test.each<[held: Role, included: readonly Role[]]>([
  ["worker", ["worker"]],
  ["reader", ["reader"]],
  ["signaller", ["reader", "signaller"]],
  ["operator", ["worker", "reader", "signaller", "operator"]],
  ["admin", ROLES],
])("the role %s includes %j and no other", (held, included) => {
  expect(ROLES.filter((least) => includesRole(held, least))).toEqual(included);
});
