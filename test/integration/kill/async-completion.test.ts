// A worker is killed around the moment at which it hands an activity over to whoever settles it from outside.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import type { Fleet } from "../../support/fleet.js";
import { readNamespace } from "../../support/namespace-contents.js";
import { openFleet } from "./open-fleet.js";

const ID = "question-1";

async function questionOf(breakAt: string): Promise<Fleet> {
  const fleet = await openFleet();
  const [breaks] = await Promise.all([fleet.start("worker", { breakAt }), fleet.start("coordinator")]);
  await fleet.client.start("question", undefined, { id: ID });
  expect(await breaks.exited).toMatchObject({ signal: "SIGKILL" });
  return fleet;
}

function tokensOf(fleet: Fleet): string[] {
  return fleet.effects().map(({ result }) => result);
}

/** Whether the owner means to look at a pending activity again. */
async function isLookedAfter(fleet: Fleet): Promise<boolean> {
  const { unfinished } = await readNamespace(fleet.redis, fleet.namespace);
  return unfinished.some((what) => what.startsWith("timer activity:"));
}

async function settledEvents(fleet: Fleet) {
  return (await fleet.client.history(ID)).filter(({ kind }) => kind === "activity-completed");
}

test("killed after it handed over: the activity stays open, is not run again, and its token settles it", async () => {
  const fleet = await questionOf("worker.settled");
  await fleet.start("worker");
  // The owner has looked, when the liveness of the dead worker would have passed, and found no reason to look again.
  await waitFor(async () => !(await isLookedAfter(fleet)), {
    description: "nobody waits for a sign of life",
    timeoutMs: 15_000,
  });
  const [token = "", ...others] = tokensOf(fleet);
  expect(others).toEqual([]);
  await fleet.client.activities.complete(token, "yes");
  expect(await fleet.client.result(ID)).toBe("yes");
  expect(await settledEvents(fleet)).toMatchObject([{ attempt: 1 }]);
  expect(tokensOf(fleet)).toHaveLength(1);
});

test("killed before it handed over: the attempt is run again, and only the new token settles it", async () => {
  const fleet = await questionOf("worker.executed");
  await fleet.start("worker");
  const [, second = ""] = await waitFor(() => tokensOf(fleet).length === 2 && tokensOf(fleet), {
    description: "the second attempt",
    timeoutMs: 15_000,
  });
  await expect(fleet.client.activities.complete(tokensOf(fleet)[0] ?? "", "too late")).rejects.toMatchObject({
    code: "ACTIVITY_ALREADY_SETTLED",
  });
  await fleet.client.activities.complete(second, "yes");
  expect(await fleet.client.result(ID)).toBe("yes");
  expect(await settledEvents(fleet)).toMatchObject([{ attempt: 2 }]);
});

test("killed before it handed over, and settled before anybody noticed: the attempt is not run again", async () => {
  const fleet = await questionOf("worker.executed");
  await fleet.client.activities.complete({ workflowId: ID, reference: "answer" }, "yes");
  expect(await fleet.client.result(ID)).toBe("yes");
  await fleet.start("worker");
  expect(await settledEvents(fleet)).toHaveLength(1);
  expect(tokensOf(fleet)).toHaveLength(1);
});
