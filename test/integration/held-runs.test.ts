// Runs that cannot go on here: nobody has their code, or it is not the code that they began with. They wait, visibly.
import { randomNamespace, waitFor } from "@heddle/testkit";
import { query, QueryUnavailableError, workflow, type WorkflowHandle } from "heddle";
import { expect, test } from "vitest";
import { collectNotes, note } from "./support/collecting-workflows.js";
import { openEngine } from "./support/open-engine.js";

const heldReason = (handle: WorkflowHandle) =>
  waitFor(async () => (await handle.describe()).heldReason, { description: "the run is held" });

test("a run of an unknown type waits with a reason, holds nobody up, and goes on when its code is registered", async () => {
  const namespace = randomNamespace("held");
  const client = await openEngine({ namespace, partitions: 1, roles: ["client"] });
  const engine = await openEngine({ namespace, workflows: [collectNotes] });
  const handle = await client.start("late-comer", { from: "client" });
  expect(await heldReason(handle)).toContain("late-comer");
  await handle.signal("note", 1);
  const other = await engine.start("collect-notes", { count: 1 });
  await other.signal(note, 5);
  expect(await other.result()).toEqual([5]);
  await expect(handle.query("anything", undefined, { timeoutMs: 500 })).rejects.toThrow(
    QueryUnavailableError,
  );
  await handle.signal("note", 2);
  const lateComer = workflow({ name: "late-comer" }).execute(async function* (ctx, input: unknown) {
    return [input, yield* ctx.waitForSignal(note), yield* ctx.waitForSignal(note)];
  });
  engine.register(lateComer);
  expect(await handle.result()).toEqual([{ from: "client" }, 1, 2]);
  expect((await handle.describe()).heldReason).toBeUndefined();
});

test("changed code blocks the run with both sides named, and right code takes over where it stood", async () => {
  const namespace = randomNamespace("held");
  const phase = query<string>("phase");
  const right = workflow({ name: "changing" }).execute(async function* (ctx) {
    let state = "first";
    ctx.onQuery(phase, () => state);
    yield* ctx.waitForSignal("one");
    state = "second";
    yield* ctx.waitForSignal("two");
    return "as before";
  });
  const wrong = workflow({ name: "changing" }).execute(async function* (ctx) {
    yield* ctx.sleep("1h");
    return "otherwise";
  });
  const first = await openEngine({ namespace, workflows: [right] });
  const started = await first.start("changing");
  expect(await started.query(phase)).toBe("first");
  await first.shutdown();

  const second = await openEngine({ namespace, workflows: [wrong] });
  const handle = second.getHandle(started.id);
  await handle.signal("one");
  const reason = await heldReason(handle);
  expect(reason).toMatch(/signal/i);
  expect(reason).toMatch(/"?one"?/);
  expect(reason).toMatch(/timer|sleep/i);
  expect((await handle.describe()).status).toBe("running");
  const [listed] = (await second.list({ type: "changing" })).items;
  expect(listed?.id).toBe(started.id);
  // Blocked, not deaf: what is accepted is kept.
  await handle.signal("two");
  await second.shutdown();

  const third = await openEngine({ namespace, workflows: [right] });
  expect(await third.getHandle(started.id).result()).toBe("as before");
});

test("a blocked run does not hold up the others of its partition, and can be terminated", async () => {
  const namespace = randomNamespace("held");
  const version = (wait: string) =>
    workflow({ name: "moving" }).execute(async function* (ctx) {
      yield* ctx.waitForSignal(wait);
      yield* ctx.waitForSignal("end");
    });
  const first = await openEngine({ namespace, partitions: 1, workflows: [version("a")] });
  const blocked = await first.start("moving");
  await expect.poll(async () => (await blocked.describe()).status).toBe("running");
  await first.shutdown();
  const second = await openEngine({ namespace, partitions: 1, workflows: [version("b"), collectNotes] });
  const handle = second.getHandle(blocked.id);
  await handle.signal("a");
  await heldReason(handle);
  const other = await second.start("collect-notes", { count: 1 });
  await other.signal(note, 1);
  expect(await other.result()).toEqual([1]);
  await handle.terminate();
  await expect(handle.result()).rejects.toThrow(/terminated/);
});

test("a run is stamped with the version that first ran it, and only that version moves it", async () => {
  const namespace = randomNamespace("held");
  const versioned = (version: string) =>
    workflow({ name: "versioned", version }).execute(async function* (ctx) {
      yield* ctx.waitForSignal(note);
      return `version ${version}`;
    });
  const [one, two] = [versioned("1"), versioned("2")];
  const first = await openEngine({ namespace, workflows: [one] });
  const old = await first.start("versioned");
  await expect.poll(async () => (await old.describe()).version).toBe("1");
  await first.shutdown();

  const second = await openEngine({ namespace, workflows: [two] });
  const handle = second.getHandle(old.id);
  await handle.signal(note, 1);
  expect(await heldReason(handle)).toContain(`version "1"`);
  const fresh = await second.start("versioned");
  await fresh.signal(note, 1);
  expect(await fresh.result()).toBe("version 2");

  second.register(one);
  expect(await handle.result()).toBe("version 1");
});

test("an engine with several versions starts new runs with the one registered last", async () => {
  const versioned = (version: string) =>
    workflow({ name: "versioned", version }).execute(function* (ctx) {
      yield* ctx.sleep(0);
      return version;
    });
  const engine = await openEngine({ workflows: [versioned("1"), versioned("2")] });
  const handle = await engine.start("versioned");
  expect(await handle.result()).toBe("2");
  expect((await handle.describe()).version).toBe("2");
  expect(() => engine.register(versioned("2"))).toThrow(/registered already/);
});
