import type { GroupBy, Lease, RunFilter, RunHeader } from "@heddle/core";
import { encodePayload, OPEN_STATUSES, type AttributeChanges } from "@heddle/protocol";
import fc from "fast-check";
import { expect, inject } from "vitest";
import { acquiredLease, committedTurn, freshId, startRun, type TestRun } from "./runs.js";
import { changed, grouped, groupText, matching, type ModelRun } from "./search-model.js";
import { openTestStore, type TestStore } from "./test-store.js";

export const times = [0, 86_400_000, -5].map((ms) => new Date(ms));
const attributes: fc.Arbitrary<AttributeChanges> = fc.record(
  {
    customer: fc.constantFrom("ada", "adam", "Ad", "é\u{1f9f5}", "", null),
    total: fc.constantFrom(-1.5, 0, -0, 1, 2, 10, 1e21, 5e-324, null),
    due: fc.constantFrom(...times, null),
    paid: fc.constantFrom(true, false, null),
    tags: fc.option(fc.array(fc.constantFrom("x", "y", "x y", ""), { maxLength: 3 })),
    mixed: fc.constantFrom<AttributeChanges[string]>("1", 1, true, new Date(1), ["1"], null),
  },
  { requiredKeys: [] },
);

export const operation = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("start" as const, "turn" as const, "set" as const) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        "close" as const,
        "continue" as const,
        "terminate" as const,
        "purge" as const,
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom("suspend" as const, "resume" as const, "time-out" as const) },
  ),
  id: fc.constantFrom<string>("a", "ab", "a:b", "é", "{x}"),
  type: fc.constantFrom("order", "invoice"),
  version: fc.constantFrom("1", "2"),
  status: fc.constantFrom("completed" as const, "failed" as const),
  attributes,
});
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

const isOpen = (run: ModelRun): boolean => (OPEN_STATUSES as readonly string[]).includes(run.status);

/** The store and a model of it, which each operation changes alike. */
export class SearchPair {
  readonly runs = new Map<string, ModelRun & { readonly runId: string }>();

  private constructor(
    private readonly opened: TestStore,
    private readonly leases: readonly Lease[],
  ) {}

  static async open(
    namespace: string,
    limits: { searchCandidates: number; scanWindow: number },
  ): Promise<SearchPair> {
    const opened = await openTestStore({ url: inject("redisUrl") }, namespace, {
      partitions: 2,
      limits,
    });
    return new SearchPair(
      opened,
      await Promise.all([0, 1].map((partition) => acquiredLease(opened, { partition }))),
    );
  }

  async perform(operation: Operation): Promise<void> {
    const { store } = this.opened;
    const { id: workflowId, attributes } = operation;
    const run = this.runs.get(workflowId);
    const lease = this.leases[store.partitionOf(workflowId)];
    if (lease === undefined) throw new Error("a partition has no lease");
    const test: TestRun & { attributes: ModelRun["attributes"] } = {
      ...(run ?? { workflowId, runId: "", type: "" }),
      attributes: run?.attributes ?? {},
    };
    switch (operation.what) {
      case "start": {
        const { type } = operation;
        const search = Object.keys(attributes).length === 0 ? {} : { search: { attributes } };
        const onOpen = "terminate-existing" as const;
        const started = await startRun(this.opened, { workflowId, type, onOpen, ...search });
        return this.note(started, { attributes: changed({}, attributes) });
      }
      case "set": {
        const operationId = freshId();
        const reply = await store.setAttributes({ workflowId, operationId, attributes });
        if (run === undefined) expect(reply).toEqual({ outcome: "not-found" });
        else if (!isOpen(run)) expect(reply).toMatchObject({ outcome: "closed" });
        else await this.note(test, { attributes: changed(run.attributes, attributes) });
        return;
      }
      case "turn":
        if (run === undefined || !isOpen(run) || run.status === "suspended") return;
        await committedTurn(this.opened, lease, test, { version: operation.version, search: { attributes } });
        return this.note(test, { attributes: changed(run.attributes, attributes) });
      case "close":
        if (run === undefined || !isOpen(run)) return;
        await committedTurn(this.opened, lease, test, {
          ...{ statusAfter: operation.status, retentionMs: 0, version: operation.version },
          ...{ search: { attributes, memo: encodePayload("closed") } },
        });
        return this.note(test, { attributes: changed(run.attributes, attributes) });
      case "suspend":
        await store.suspend({ workflowId });
        return run && this.note(test);
      case "resume":
        await store.resume({ workflowId });
        return run && this.note(test);
      case "terminate":
        await store.terminate({ workflowId, operationId: freshId() });
        return run && this.note(test);
      case "time-out": {
        const { timers } = this.opened.keys.partitionOf(workflowId);
        const timer = { kind: "deadline", seq: 0, runId: test.runId, workflowId } as const;
        await this.opened.redis.zadd(timers, 1, `deadline:0:${test.runId}:${workflowId}`);
        await store.timeOutRuns(lease, [timer]);
        return run && this.note(test);
      }
      case "continue": {
        if (run === undefined || !isOpen(run) || run.status === "suspended") return;
        const runId = freshId("run");
        const continuation = { runId, input: encodePayload(1), events: [] };
        await committedTurn(this.opened, lease, test, {
          ...{ statusAfter: "pending", records: [], continuation },
          ...{ search: { attributes, memo: encodePayload(runId) } },
        });
        return this.note({ ...test, runId }, { attributes: changed(run.attributes, attributes) });
      }
      case "purge": {
        if (run === undefined || isOpen(run)) return;
        const { runId } = test;
        const left = { workflowId, runId, activities: [], timers: [], retentionMs: 0 };
        await store.clearClosedRun(lease, left);
        await store.purge(lease, [{ kind: "purge", seq: 0, runId, workflowId }]);
        this.runs.delete(workflowId);
      }
    }
  }

  /** Status, version and times are the header's; what is searched for by them must agree. */
  private async note(
    run: TestRun,
    search: Pick<ModelRun, "attributes"> | undefined = this.runs.get(run.workflowId),
  ) {
    const header = await this.opened.store.describe(run.workflowId);
    if (header === undefined) throw new Error(`there is no run ${run.workflowId}`);
    const { workflowId, runId, type, status, version, createdAtMs } = header;
    const attributes = search?.attributes ?? {};
    expect(header.attributes ?? {}).toEqual(
      Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [
          name,
          Array.isArray(value) ? [...new Set(value as string[])] : value === 0 ? 0 : value,
        ]),
      ),
    );
    this.runs.set(workflowId, { workflowId, runId, type, status, version, createdAtMs, attributes });
  }

  async check(filter: RunFilter, groupBy: GroupBy): Promise<void> {
    const { store } = this.opened;
    const wanted = matching(this.runs.values(), filter);
    const ids = wanted.map((run) => run.workflowId);
    expect(await store.count(filter)).toBe(wanted.length);
    const page = await store.list({ ...filter, limit: 100, offset: 0 });
    expect({ ids: page.runs.map((run) => run.workflowId), total: page.total }).toEqual({
      ids,
      total: ids.length,
    });
    expect(await this.idsByCursor(filter)).toEqual(ids);
    const groups = await store.aggregate(filter, groupBy);
    expect(groups.map(({ group, count }) => `${groupText(group)} ${count}`).sort()).toEqual(
      grouped(wanted, groupBy),
    );
  }

  /** When all runs are purged, nothing of them is left. */
  async checkEmpty(): Promise<void> {
    for (const [id, run] of this.runs) {
      const rest = { attributes: {}, type: "order", version: "1", status: "failed" } as const;
      if (isOpen(run)) await this.perform({ what: "terminate", id, ...rest });
      await this.perform({ what: "purge", id, ...rest });
    }
    for (const partition of this.opened.keys.partitions) {
      const { attributes, byAttribute, memos, versions } = partition;
      expect(await this.opened.redis.exists(attributes, byAttribute, memos, versions)).toBe(0);
    }
  }

  private async idsByCursor(filter: RunFilter): Promise<string[]> {
    const seen: string[] = [];
    for (let after: RunHeader | undefined; ;) {
      const query = { ...filter, limit: 2, offset: 0, ...(after === undefined ? {} : { after }) };
      const page = await this.opened.store.list(query);
      seen.push(...page.runs.map((run) => run.workflowId));
      after = page.runs.at(-1);
      if (!page.hasMore) return seen;
    }
  }
}
