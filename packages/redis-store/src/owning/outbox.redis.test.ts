import { randomNamespace } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { scheduledActivity } from "../testing/activities.js";
import { acquiredLease, outboxOf, startRun } from "../testing/runs.js";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("the outbox on $server", ({ connection }) => {
  test("keeps tickets, oldest first, until they are relayed", async () => {
    const opened = await openTestStore(connection(), randomNamespace("outbox"));
    const { store } = opened;
    const lease = await acquiredLease(opened);
    const tickets = [];
    for (const queue of ["a", "b", "a"]) {
      tickets.push(await scheduledActivity(opened, lease, await startRun(opened), { queue }));
    }
    const read = (after: string, limit: number) => outboxOf(opened, lease, { after, limit });
    const all = await read("0", 10);
    expect(all.map((entry) => entry.ticket)).toEqual(tickets);
    expect(all.map((entry) => entry.queue)).toEqual(["a", "b", "a"]);
    const [first, second, third] = all.map((entry) => entry.entryId);
    expect(await read("0", 1)).toEqual(all.slice(0, 1));
    expect(await read(String(first), 10)).toEqual(all.slice(1));
    expect(await read("0", 0)).toEqual([]);

    expect(await store.relayDone(lease, [])).toEqual({ outcome: "done" });
    expect(await store.relayDone(lease, [String(first), String(third)])).toEqual({ outcome: "done" });
    expect((await read("0", 10)).map((entry) => entry.entryId)).toEqual([second]);
    const before = await opened.snapshot();
    expect(await store.relayDone(lease, [String(first)])).toEqual({ outcome: "done" });
    expect(await opened.snapshot()).toEqual(before);
    const many = Array.from({ length: 9_000 }, (_, index) => `1-${index + 1}`);
    expect(await store.relayDone(lease, many)).toEqual({ outcome: "done" });
  });
});
