// Ids of another namespace: on every route with an id the answer is that of an id which never was.
import { expect, test } from "vitest";
import { ADMIN_KEY, openGuardedGateways, type Call } from "./support/guarded-gateways.js";

type Gateways = Awaited<ReturnType<typeof openGuardedGateways>>;

/** What operations need before they look for the id; a new one that answers 400 below wants an entry. */
const BODIES: Readonly<Record<string, object>> = {
  updateWorkflow: { updateId: "u" },
  setWorkflowAttributes: { attributes: { phase: "x" } },
  resetWorkflow: { event: 0 },
  forkWorkflow: { event: 0 },
  failActivityByReference: { error: { message: "broken" } },
};
const QUERIES: Readonly<Record<string, string>> = {
  getUpdateResult: "?runId=run&firstRunId=run",
};
/** What an unknown id is answered with where that is not 404, and why. */
const OTHER_STATUSES: Readonly<Record<string, number>> = {
  getUpdateResult: 409, // the run that accepted the update is gone, so it will not complete
};

interface Operation {
  readonly id: string;
  readonly method: Call["method"];
  readonly path: string;
}

async function operationsWithIds({ call }: Gateways): Promise<Operation[]> {
  const { body } = await call(undefined, { method: "GET", url: "/openapi.json" });
  const paths = body["paths"] as Record<string, Record<string, { operationId: string }>>;
  return Object.entries(paths)
    .filter(([path]) => path.includes("{"))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, { operationId }]) => ({
        ...{ id: operationId, path, method: method.toUpperCase() as Call["method"] },
      })),
    );
}

async function answerOf({ call }: Gateways, operation: Operation, id: string) {
  const { id: operationId, method, path } = operation;
  const url = path.replace("{id}", id).replaceAll(/\{\w+\}/g, "other") + (QUERIES[operationId] ?? "");
  const body = method === "GET" ? {} : { body: BODIES[operationId] ?? {} };
  const { status, headers, body: reply } = await call(ADMIN_KEY, { method, url, ...body });
  const { requestId: _requestId, ...told } = reply;
  return {
    status,
    headers: Object.keys(headers).sort(),
    body: JSON.stringify(told).replaceAll(id, "<id>"),
  };
}

test("an id of another namespace is answered like one that never was, on every route", async () => {
  const theirs = await openGuardedGateways();
  const ours = await openGuardedGateways();
  const started: Call = { method: "POST", url: "/api/v1/workflows", body: { type: "order", id: "canary-1" } };
  expect(await theirs.call(ADMIN_KEY, started)).toMatchObject({ status: 201 });
  const { id: theirKey } = await theirs.createKey({ role: "reader" });
  const ids = {
    "/api/v1/keys/": { canary: theirKey, missing: "0".repeat(theirKey.length) },
    other: { canary: "canary-1", missing: "absent-1" },
  };

  const operations = await operationsWithIds(ours);
  expect(operations.length).toBeGreaterThanOrEqual(10);
  for (const operation of operations) {
    const { canary, missing } = ids[operation.path.startsWith("/api/v1/keys/") ? "/api/v1/keys/" : "other"];
    const [seen, absent] = [
      await answerOf(ours, operation, canary),
      await answerOf(ours, operation, missing),
    ];
    expect(seen, operation.id).toEqual(absent);
    if (!/\/(workflows|keys)\/\{id\}/.test(operation.path)) continue;
    const hint = `${operation.id}: give it what it needs in BODIES or QUERIES, or its answer in OTHER_STATUSES`;
    expect(absent.status, hint).toBe(OTHER_STATUSES[operation.id] ?? 404);
  }
});
