// The samples of docs/security.md, run in order against a gateway over a real listening port.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ADMIN_KEY, openGuardedGateways } from "./support/guarded-gateways.js";
import { runSample } from "./support/page-samples.js";

const page = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
const samples = [...page.matchAll(/^```ts gateway\n([^]*?)^```$/gm)].map(([, code]) => code ?? "");

test("the samples do what the page says", async () => {
  expect(samples.length).toBeGreaterThanOrEqual(5);
  const { gateways } = await openGuardedGateways();
  const HEDDLE = await gateways[0]?.listen({ host: "127.0.0.1", port: 0 });
  const { key, items } = await runSample(samples.join("\n"), { HEDDLE, ADMIN_KEY, expect }, ["key", "items"]);
  expect(key).toMatch(/^heddle_[0-9a-f]{16}_[\w-]{43}$/);
  expect(items).toHaveLength(2);
});
