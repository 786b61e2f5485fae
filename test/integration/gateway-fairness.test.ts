// Rates of a namespace: one caller who floods it is refused, the others are served.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openGuardedGateways, type Call } from "./support/guarded-gateways.js";

const COUNT: Call = { method: "GET", url: "/api/v1/workflows/count" };

test("who floods the namespace a hundredfold is refused, and another caller is served", async () => {
  const limits = { namespaceRequestsPerSecond: 20, requestsPerSecond: 0 };
  const { call, createKey } = await openGuardedGateways({ replicas: 2, limits });
  const { key: flooding } = await createKey({ role: "reader", requestsPerSecond: 10_000 });
  const { key: modest } = await createKey({ role: "reader" });
  let isFlooding = true;
  const flood = Array.from({ length: 20 }, async (_, index) => {
    const statuses: number[] = [];
    while (isFlooding) statuses.push((await call(flooding, { ...COUNT, replica: index % 2 })).status);
    return statuses;
  });
  const served: number[] = [];
  for (let turn = 0; turn < 6; turn++)
    served.push((await call(modest, { ...COUNT, replica: turn % 2 })).status);
  isFlooding = false;
  const flooded = (await Promise.all(flood)).flat();
  expect(served).toEqual(served.map(() => 200));
  expect(flooded.filter((status) => status === 429).length).toBeGreaterThan(0);
  expect(new Set(flooded)).toEqual(new Set([200, 429]));
});

test("all callers together have one rate, over all gateways, and then wait as long as they are told", async () => {
  const { call, createKey } = await openGuardedGateways({
    ...{ replicas: 2, limits: { namespaceRequestsPerSecond: 4 } },
  });
  const keys: string[] = [];
  // Each creation is a request as well.
  for (const label of ["a", "b", "c"]) {
    const created = await waitFor(() => createKey({ role: "reader", label }).catch(() => undefined), {
      description: "a key is made",
    });
    keys.push(created.key);
  }
  const began = performance.now();
  const replies = await Promise.all(
    keys.flatMap((key) =>
      Array.from({ length: 10 }, (_, index) => call(key, { ...COUNT, replica: index % 2 })),
    ),
  );
  const seconds = (performance.now() - began) / 1_000;
  const passed = replies.filter(({ status }) => status === 200).length;
  expect(passed).toBeLessThanOrEqual(4 + Math.ceil(4 * seconds));
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused.length).toBe(replies.length - passed);
  for (const { headers, body } of refused) {
    expect(body).toMatchObject({ code: "RATE_LIMITED", retryable: true });
    expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(1);
  }
  await waitFor(async () => (await call(keys[0], COUNT)).status === 200, {
    description: "one more is allowed",
  });
});
