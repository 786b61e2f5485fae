// The sample of docs/conductor.md for Conductor's SDK, run against a gateway that asks for keys.
import { readFileSync } from "node:fs";
import * as sdk from "@io-orkes/conductor-javascript";
import { expect, test } from "vitest";
import { ADMIN_KEY } from "./support/guarded-gateways.js";
import { openConductor } from "./support/open-conductor.js";
import { runSample } from "./support/page-samples.js";

const page = readFileSync(new URL("../../docs/conductor.md", import.meta.url), "utf8");

test("the sample of the SDK runs as printed, with an API key", async () => {
  const samples = [...page.matchAll(/^```ts sdk\n([^]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(samples).toHaveLength(1);
  const { gateway } = await openConductor({ credentials: { adminKey: ADMIN_KEY } });
  const HEDDLE = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const names = { ...sdk, HEDDLE, keyId: "any", keySecret: ADMIN_KEY, expect };
  const { run } = await runSample(samples.join("\n"), names, ["run"]);
  expect(run).toMatchObject({ workflowId: expect.any(String) as string });
});
