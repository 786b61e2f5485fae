import { readFileSync } from "node:fs";
import { HeddleError, ROLES } from "@heddle/protocol";
import { expect, test } from "vitest";
import { PERMISSIONS, permissionOf } from "./permissions.js";

test("docs/security.md says of each role what the table says, in both directions", () => {
  const page = readFileSync(new URL("../../../../docs/security.md", import.meta.url), "utf8");
  for (const role of ROLES) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${role}\` `)) ?? "";
    const documented = [
      ...row
        .split("; and ", 1)
        .join("")
        .matchAll(/`(\w+)`/g),
    ]
      .slice(1)
      .map(([, name]) => name);
    const listed = [...PERMISSIONS].filter(([, { needs }]) => needs === role).map(([name]) => name);
    expect(documented.sort(), role).toEqual(listed.sort());
  }
});

test.each([undefined, "", "dropNamespace", "constructor"])(
  "the operation %j, of which nobody has said who may call it, is refused",
  (operationId) => {
    expect(() => permissionOf(operationId === undefined ? {} : { schema: { operationId } })).toThrow(
      HeddleError,
    );
  },
);
