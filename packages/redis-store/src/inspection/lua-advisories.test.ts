import { expect, test } from "vitest";
import { luaAdvisoriesOf } from "./lua-advisories.js";

const [USE_AFTER_FREE, COLLECTOR, OVERFLOW] = ["CVE-2025-49844", "CVE-2024-46981", "CVE-2024-31449"];

test.each([
  ["redis", "6.2.15", [USE_AFTER_FREE, COLLECTOR, OVERFLOW], "6.2.20"],
  ["redis", "6.2.20", [], undefined],
  // No release of 7.0 has the fixes.
  ["redis", "7.0.15", [USE_AFTER_FREE, COLLECTOR, OVERFLOW], undefined],
  ["redis", "7.2.6", [USE_AFTER_FREE, COLLECTOR], "7.2.11"],
  ["redis", "7.2.11", [], undefined],
  ["redis", "7.4.5", [USE_AFTER_FREE], "7.4.6"],
  ["redis", "8.0.3", [USE_AFTER_FREE], "8.0.4"],
  ["redis", "8.2.1", [USE_AFTER_FREE], "8.2.2"],
  ["redis", "8.2.2", [], undefined],
  ["redis", "8.4.0", [], undefined],
  ["valkey", "7.2.7", [USE_AFTER_FREE, COLLECTOR], "7.2.11"],
  ["valkey", "8.0.0", [USE_AFTER_FREE, COLLECTOR, OVERFLOW], "8.0.6"],
  ["valkey", "8.1.3", [USE_AFTER_FREE], "8.1.4"],
  ["valkey", "8.1.4", [], undefined],
  ["valkey", "9.0.0", [], undefined],
] as const)("%s %s has %j", (product, version, cves, fixedIn) => {
  expect(luaAdvisoriesOf({ product, version })).toEqual({ cves, fixedIn });
});
