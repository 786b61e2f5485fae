import type { Lease, OwnerStore } from "@heddle/core";
import { InvalidArgumentError, UnavailableError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { LeaseLostError } from "./lease-lost-error.js";
import { OffloadedValueCache } from "./offloaded-value-cache.js";
import { OffloadedValueReader } from "./offloaded-value-reader.js";

const bytes = (length: number): Uint8Array => new Uint8Array(length);

test("the cache keeps what was used last, so many bytes in all", () => {
  const cache = new OffloadedValueCache(100);
  cache.put("run", "a", bytes(40));
  cache.put("run", "b", bytes(40));
  expect(cache.get("run", "a")).toHaveLength(40);
  cache.put("run", "c", bytes(40));
  expect(cache.get("run", "b")).toBeUndefined();
  expect(cache.get("run", "a")).toHaveLength(40);
  cache.put("run", "d", bytes(60));
  expect(["a", "b", "c", "d"].filter((id) => cache.get("run", id) !== undefined)).toEqual(["a", "d"]);
  cache.put("run", "e", bytes(101));
  expect(cache.get("run", "e")).toBeUndefined();
});

test("a run does not find what another run has in the cache", () => {
  const cache = new OffloadedValueCache(100);
  cache.put("run", "a", bytes(1));
  expect(cache.get("next", "a")).toBeUndefined();
});

const run = { workflowId: "workflow", runId: "run" };
const lease: Lease = { partition: 0, nonce: "nonce", epoch: 1 };
const noLine = (): undefined => undefined;

/** A store that gives these answers, the last one for ever. */
function readerOf(...answers: (() => Uint8Array | undefined)[]) {
  const asked: string[] = [];
  const answer = ({ valueId }: { valueId: string }): Promise<Uint8Array | undefined> => {
    asked.push(valueId);
    const [next = noLine] = answers.length > 1 ? answers.splice(0, 1) : answers;
    return Promise.resolve().then(next);
  };
  const reader = new OffloadedValueReader(lease, {
    store: { readOffloaded: (_lease: Lease, request) => answer(request) } satisfies Pick<
      OwnerStore,
      "readOffloaded"
    >,
    values: new OffloadedValueCache(1_000),
    log: { debug: noLine, info: noLine, warn: noLine, error: noLine },
  });
  return { reader, asked };
}

test("a value is read once, and one that is missing is asked for again", async () => {
  const { reader, asked } = readerOf(
    () => bytes(5),
    () => undefined,
  );
  expect(await reader.read(run, "a")).toHaveLength(5);
  expect(await reader.read(run, "a")).toHaveLength(5);
  expect(await reader.read(run, "b")).toBeUndefined();
  expect(await reader.read(run, "b")).toBeUndefined();
  expect(asked).toEqual(["a", "b", "b"]);
});

test("reading goes on while Redis does not answer, and ends with the lease", async () => {
  const down = (): never => {
    throw new UnavailableError("no answer");
  };
  const { reader, asked } = readerOf(down, () => bytes(5));
  expect(await reader.read(run, "a")).toHaveLength(5);
  expect(asked).toEqual(["a", "a"]);
  const closing = readerOf(down);
  const read = closing.reader.read(run, "a");
  closing.reader.close();
  await expect(read).rejects.toBeInstanceOf(LeaseLostError);
});

test("what no repetition helps against is told at once", async () => {
  const { reader } = readerOf(() => {
    throw new InvalidArgumentError("never");
  });
  await expect(reader.read(run, "a")).rejects.toThrow("never");
});
