// Deployments with parked runs: changed code beside old runs, to the next version and back.
import { randomNamespace, waitFor } from "@heddle/testkit";
import { workflow, type WorkflowContext, type WorkflowHandle } from "heddle";
import { expect, test } from "vitest";
import { note } from "./support/collecting-workflows.js";
import { openEngine } from "./support/open-engine.js";

const heldReason = (handle: WorkflowHandle) =>
  waitFor(async () => (await handle.describe()).heldReason, { description: "the run is held" });
const running = (handle: WorkflowHandle) =>
  waitFor(async () => (await handle.describe()).status === "running", { description: "the run is parked" });

test("from version 1 to 2 and back: each run waits for its own code, visibly, and new runs take the one registered last", async () => {
  const namespace = randomNamespace("versions");
  const versioned = (version: string) =>
    workflow({ name: "order", version }).execute(async function* (ctx) {
      return { version, notes: [yield* ctx.waitForSignal(note), yield* ctx.waitForSignal(note)] };
    });
  const [one, two] = [versioned("1"), versioned("2")];
  const deploy = (...workflows: (typeof one)[]) => openEngine({ namespace, workflows });

  const first = await deploy(one);
  const old = await first.start("order");
  await old.signal(note, 1);
  await waitFor(async () => (await old.history()).length === 4, { description: "it has its first note" });
  await first.shutdown();

  // Rolled forward without the old code.
  const second = await deploy(two);
  const oldOnSecond = second.getHandle(old.id);
  await oldOnSecond.signal(note, 2);
  expect(await heldReason(oldOnSecond)).toContain('version "1"');
  expect(await oldOnSecond.describe()).toMatchObject({ status: "running", version: "1" });
  const fresh = await second.start("order");
  await running(fresh);
  expect((await fresh.describe()).version).toBe("2");
  await second.shutdown();

  // And back: the old run goes on, the new one waits in its place.
  const third = await deploy(one);
  const oldOnThird = third.getHandle(old.id);
  expect(await oldOnThird.result()).toEqual({ version: "1", notes: [1, 2] });
  expect((await oldOnThird.describe()).heldReason).toBeUndefined();
  const freshOnThird = third.getHandle(fresh.id);
  await freshOnThird.signal(note, 3);
  expect(await heldReason(freshOnThird)).toContain('version "2"');
  const another = await third.start("order");
  await running(another);
  expect((await another.describe()).version).toBe("1");
  await third.shutdown();

  // Both at once: each run its own.
  const fourth = await deploy(one, two);
  const [freshOnFourth, anotherOnFourth] = [fourth.getHandle(fresh.id), fourth.getHandle(another.id)];
  await freshOnFourth.signal(note, 4);
  expect(await freshOnFourth.result()).toEqual({ version: "2", notes: [3, 4] });
  for (const value of [5, 6]) await anotherOnFourth.signal(note, value);
  expect(await anotherOnFourth.result()).toEqual({ version: "1", notes: [5, 6] });
  const newest = await fourth.start("order");
  await running(newest);
  expect((await newest.describe()).version).toBe("2");
});

test("a patch: runs from before it take the old branch, later ones the new, and both survive restarts", async () => {
  const namespace = randomNamespace("versions");
  const deploy = (price: (ctx: WorkflowContext) => string) =>
    openEngine({
      namespace,
      workflows: [
        workflow({ name: "pricing" }).execute(async function* (ctx) {
          const before = price(ctx);
          yield* ctx.waitForSignal(note);
          return [before, price(ctx)];
        }),
      ],
    });

  const first = await deploy(() => "net");
  const old = await first.start("pricing");
  await running(old);
  await first.shutdown();

  const patched = (ctx: WorkflowContext) => (ctx.patched("gross") ? "gross" : "net");
  const second = await deploy(patched);
  const fresh = await second.start("pricing");
  await running(fresh);
  await second.shutdown();

  const third = await deploy(patched);
  const [oldOnThird, freshOnThird] = [third.getHandle(old.id), third.getHandle(fresh.id)];
  for (const run of [oldOnThird, freshOnThird]) await run.signal(note, 1);
  expect(await oldOnThird.result()).toEqual(["net", "net"]);
  expect(await freshOnThird.result()).toEqual(["gross", "gross"]);
  expect(await freshOnThird.history()).toContainEqual(
    expect.objectContaining({ kind: "version-marked", id: "gross", version: 1 }),
  );
});

test("code that dropped a version holds the runs that take it, keeps what they are sent, and right code goes on", async () => {
  const namespace = randomNamespace("versions");
  const deploy = (min: number, max: number) =>
    openEngine({
      namespace,
      workflows: [
        workflow({ name: "fees" }).execute(async function* (ctx) {
          const first = yield* ctx.waitForSignal(note);
          const fees = ctx.getVersion("fees", min, max);
          return { fees, notes: [first, yield* ctx.waitForSignal(note)] };
        }),
      ],
    });
  const first = await deploy(0, 1);
  const started = await first.start("fees");
  await started.signal(note, 1);
  await waitFor(async () => (await started.history()).some(({ kind }) => kind === "version-marked"), {
    description: "the run has its version",
  });
  await first.shutdown();

  const second = await deploy(2, 3);
  const handle = second.getHandle(started.id);
  await handle.signal(note, 2);
  expect(await heldReason(handle)).toContain('version 1 of change "fees", the code supports 2 to 3');
  expect((await handle.describe()).status).toBe("running");
  await second.shutdown();

  const third = await deploy(1, 3);
  expect(await third.getHandle(started.id).result()).toEqual({ fees: 1, notes: [1, 2] });
});

test.for([
  { behind: "a signal", hasStep: false },
  { behind: "a step", hasStep: true },
])(
  "a run that comes to an unsupported version behind $behind is held there, and loses nothing",
  async ({ hasStep }) => {
    const namespace = randomNamespace("versions");
    const deploy = (min: number) =>
      openEngine({
        namespace,
        workflows: [
          workflow({ name: "asking" }).execute(async function* (ctx) {
            ctx.getVersion("fees", 0, 1);
            const first = yield* ctx.waitForSignal(note);
            const checked = hasStep ? yield* ctx.step("check", () => first + 1) : first + 1;
            const fees = ctx.getVersion("fees", min, 3);
            return { fees, notes: [checked, yield* ctx.waitForSignal(note)] };
          }),
        ],
      });
    const first = await deploy(2);
    const started = await first.start("asking");
    await started.signal(note, 1);
    expect(await heldReason(started)).toContain("the code supports 2 to 3");
    await started.signal(note, 2);
    expect(await started.describe()).toMatchObject({ status: "running", version: "1" });
    await first.shutdown();

    const second = await deploy(1);
    const handle = second.getHandle(started.id);
    expect(await handle.result()).toEqual({ fees: 1, notes: [2, 2] });
    expect((await handle.describe()).heldReason).toBeUndefined();
  },
);
