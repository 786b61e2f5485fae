// The samples of docs/ingestion.md, run in order against a gateway as it is deployed and a queue of BullMQ alone.
import { readFileSync } from "node:fs";
import { HeddleClient } from "@heddle/client";
import { waitFor } from "@heddle/testkit";
import { Queue } from "bullmq";
import { expect, inject, test } from "vitest";
import { runSample } from "./support/page-samples.js";
import { serveGateway } from "./support/served-gateway.js";

const page = readFileSync(new URL("../../docs/ingestion.md", import.meta.url), "utf8");
const samples = [...page.matchAll(/^```ts queue\n([^]*?)^```$/gm)].map(([, code]) => code ?? "");

test("the samples do what the page says", async () => {
  expect(samples.length).toBeGreaterThanOrEqual(5);
  const { url } = await serveGateway({ namespace: "shop", env: { HEDDLE_INGESTION_QUEUE: "requests" } });
  const { hostname: host, port } = new URL(inject("redisUrl"));
  const ambient = {
    Queue,
    expect,
    connection: { host, port: Number(port) },
    client: new HeddleClient({ url }),
    HEDDLE: url,
    waitFor: (condition: () => Promise<boolean>) =>
      waitFor(condition, { description: "what the page waits for" }),
  };
  const { queue } = await runSample(samples.join("\n"), ambient, ["queue"]);
  const client = new HeddleClient({ url });
  expect((await client.getHandle("order-7").describe()).accepted).toBe(2);
  expect((await client.getHandle("cart-of-ada").describe()).accepted).toBe(3);
  await (queue as Queue).close();
});
