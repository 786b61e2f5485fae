// `updateWithStart`: one step that starts a workflow or finds it, and has it take an update.
import {
  InvalidArgumentError,
  PayloadTooLargeError,
  update,
  UpdateRejectedError,
  workflow,
  WorkflowAlreadyExistsError,
  WorkflowNotRunningError,
} from "heddle";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const add = update<{ item: string }, readonly string[]>("add");
const confirm = update<void, string>("confirm");

const cart = workflow({ name: "cart" })
  .updates({ add, confirm })
  .execute(async function* (ctx, { limit }: { limit: number }) {
    const items: string[] = [];
    let isDone = false;
    ctx.onUpdate(
      add,
      ({ item }) => {
        items.push(item);
        return [...items];
      },
      {
        validate: () => {
          if (items.length >= limit) throw new RangeError(`it takes ${limit} items`);
        },
      },
    );
    ctx.onUpdate(confirm, async function* () {
      const receipt = yield* ctx.step("receipt", () => `${items.length} items`);
      isDone = true;
      return receipt;
    });
    yield* ctx.waitUntil(() => isDone);
    return items;
  });

const open = () => openEngine({ workflows: [cart] });

test("starts the workflow or uses the open one, and says which", async () => {
  const engine = await open();
  const first = await engine.updateWithStart(
    "cart",
    { limit: 9 },
    { update: add, input: { item: "tea" } },
    { id: "c" },
  );
  expect(first).toMatchObject({ outcome: "started", result: ["tea"] });
  const second = await engine.updateWithStart(
    "cart",
    { limit: 1 },
    { update: "add", input: { item: "milk" } },
    { id: "c" },
  );
  expect(second).toMatchObject({ outcome: "existing", result: ["tea", "milk"] });
  expect(second.handle.runId).toBe(first.handle.runId);
  const last = await engine.startUpdateWithStart("cart", { limit: 9 }, { update: confirm }, { id: "c" });
  expect(last.outcome).toBe("existing");
  expect(await last.update.result()).toBe("2 items");
  expect(await first.handle.result()).toEqual(["tea", "milk"]);
});

test("callers that share id and updateId converge on one run and one update", async () => {
  const engine = await open();
  const call = { update: add, input: { item: "tea" }, updateId: "click" };
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => engine.updateWithStart("cart", { limit: 9 }, call, { id: "c" })),
  );
  expect(replies.filter(({ outcome }) => outcome === "started")).toHaveLength(1);
  expect(replies.map(({ result }) => result)).toEqual(Array.from({ length: 20 }, () => ["tea"]));
  expect(new Set(replies.map(({ handle }) => handle.runId)).size).toBe(1);
  // Also one that forbids an open run, and also once it is closed.
  const strict = { id: "c", idConflict: "fail" } as const;
  expect((await engine.updateWithStart("cart", { limit: 9 }, call, strict)).result).toEqual(["tea"]);
  await engine.update("c", confirm);
  await engine.getHandle("c").result();
  expect(await engine.updateWithStart("cart", { limit: 9 }, call, { id: "c" })).toMatchObject({
    ...{ outcome: "existing", result: ["tea"] },
  });
  expect(await engine.count({ type: "cart" })).toBe(1);
});

test("an idempotency key names workflow and update for good", async () => {
  const engine = await open();
  const call = { update: add, input: { item: "tea" } };
  const first = await engine.updateWithStart("cart", { limit: 9 }, call, { idempotencyKey: "k" });
  const again = await engine.updateWithStart("cart", { limit: 9 }, call, { idempotencyKey: "k" });
  expect([first, again]).toMatchObject([
    { outcome: "started", result: ["tea"] },
    { outcome: "existing", result: ["tea"] },
  ]);
  await first.handle.update(confirm);
  await first.handle.result();
  const other = { ...call, updateId: "another" };
  await expect(engine.updateWithStart("cart", { limit: 9 }, other, { idempotencyKey: "k" })).rejects.toThrow(
    WorkflowNotRunningError,
  );
});

test("a run whose code rejects the update was started all the same, and goes on", async () => {
  const engine = await open();
  const call = { update: add, input: { item: "tea" }, updateId: "u" };
  const rejected = engine.updateWithStart("cart", { limit: 0 }, call, { id: "c" });
  await expect(rejected).rejects.toThrow(UpdateRejectedError);
  expect(await engine.update("c", confirm)).toBe("0 items");
});

test("what is refused starts nothing", async () => {
  const engine = await open();
  const call = { update: add, input: { item: "x".repeat(2_000_000) } };
  await expect(engine.updateWithStart("cart", { limit: 9 }, call)).rejects.toThrow(PayloadTooLargeError);
  const small = { update: add, input: { item: "tea" }, updateId: "" };
  await expect(engine.updateWithStart("cart", { limit: 9 }, small)).rejects.toThrow(InvalidArgumentError);
  expect(await engine.count()).toBe(0);
  await engine.start("cart", { limit: 9 }, { id: "c" });
  const conflict = engine.updateWithStart(
    "cart",
    { limit: 9 },
    { ...small, updateId: "u" },
    { id: "c", idConflict: "fail" },
  );
  await expect(conflict).rejects.toThrow(WorkflowAlreadyExistsError);
  await engine.suspend("c");
  const suspended = engine.updateWithStart("cart", { limit: 9 }, { ...small, updateId: "u" }, { id: "c" });
  await expect(suspended).rejects.toThrow(WorkflowNotRunningError);
  expect((await engine.getHandle("c").describe()).accepted).toBe(1);
});
