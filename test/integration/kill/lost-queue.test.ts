import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import type { Fleet } from "../../support/fleet.js";
import { keysOf } from "../../support/namespace-contents.js";
import { runErrands, storeCaller } from "../../support/errands.js";
import { openFleet } from "./open-fleet.js";

const QUEUE = "default";

async function queueKeys({ redis, namespace }: Fleet): Promise<string[]> {
  return (await keysOf(redis, namespace)).filter((key) => key.includes(`:${QUEUE}}:`));
}

/** Deletes everything that BullMQ has of the queue, in one step: a ticket put meanwhile is lost whole or not at all. */
async function loseQueue({ redis, namespace }: Fleet): Promise<void> {
  const deleteAll = 'for _, key in ipairs(redis.call("KEYS", ARGV[1])) do redis.call("DEL", key) end';
  await redis.eval(deleteAll, 0, `*:${namespace}:${QUEUE}}:*`);
}

test("tickets that waited in a queue which was lost with all its keys are put again", async () => {
  const fleet = await openFleet({ env: { TICKET_CHECK_MS: "700" } });
  await fleet.start("coordinator");
  const count = 5;
  await runErrands(storeCaller(fleet.client), fleet.journal, { count, input: { notes: 1, workMs: 10 } });
  const [waiting] = await waitFor(
    async () => {
      const found = (await queueKeys(fleet)).filter((key) => key.endsWith(":wait"));
      return found.length > 0 && (await fleet.redis.llen(found[0] ?? "")) === count && found;
    },
    { description: "all tickets wait" },
  );
  await loseQueue(fleet);
  expect(await fleet.redis.exists(waiting ?? "")).toBe(0);
  await fleet.start("worker");
  expect(await fleet.verdict()).toEqual([]);
  expect(await fleet.executedInVain()).toBe(0);
});

test("a queue that is lost while a worker runs its tickets costs no result", async () => {
  const fleet = await openFleet({ env: { TICKET_CHECK_MS: "700" } });
  await Promise.all([fleet.start("coordinator"), fleet.start("worker")]);
  await runErrands(storeCaller(fleet.client), fleet.journal, { count: 5, input: { notes: 1, workMs: 400 } });
  for (let losses = 1; losses <= 3; losses++) {
    await loseQueue(fleet);
    await waitFor(() => fleet.effects().length >= losses * 4, { description: "activities go on" });
  }
  expect(await fleet.verdict()).toEqual([]);
  expect(await fleet.executedInVain()).toBe(0);
});
