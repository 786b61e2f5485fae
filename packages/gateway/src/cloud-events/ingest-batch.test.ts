import {
  OutcomeUnknownError,
  StorageFullError,
  UnavailableError,
  WorkflowNotFoundError,
} from "@heddle/protocol";
import { expect, test } from "vitest";
import { ingestInOrder } from "./ingest-batch.js";

const run = { workflowId: "w", runId: "r", outcome: "signalled" } as const;

test.each([UnavailableError, OutcomeUnknownError, StorageFullError])(
  "once the store fails with %o, no further event waits for it",
  async (Outage) => {
    const tried: unknown[] = [];
    const outcomes = await ingestInOrder([1, 2, 3, 4, 5], (event) => {
      tried.push(event);
      if (event === 2) return Promise.reject(new WorkflowNotFoundError("no such workflow"));
      return event === 3 ? Promise.reject(new Outage("Redis is away")) : Promise.resolve(run);
    });
    expect(tried).toEqual([1, 2, 3]);
    expect(outcomes).toEqual([
      run,
      expect.any(WorkflowNotFoundError),
      expect.any(Outage),
      expect.any(UnavailableError),
      expect.any(UnavailableError),
    ]);
  },
);

test("an error nobody foresaw is not taken for an outcome", async () => {
  const broken = () => Promise.reject(new TypeError("a bug"));
  await expect(ingestInOrder([1], broken)).rejects.toThrow(TypeError);
});
