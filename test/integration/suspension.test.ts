// What `suspend` and `resume` promise: the code is held back, nothing that was accepted is lost or reordered.
import { waitFor } from "@heddle/testkit";
import { query, workflow, WorkflowNotRunningError } from "heddle";
import { expect, test } from "vitest";
import { note } from "./support/collecting-workflows.js";
import { gatedActivity } from "./support/gated-activity.js";
import { openEngine } from "./support/open-engine.js";

const steps = query<number>("steps");

test("signals and a timer that came while suspended are delivered in order after resume", async () => {
  const mixed = workflow({ name: "mixed" }).execute(async function* (ctx) {
    const seen: unknown[] = [];
    ctx.onQuery(steps, () => seen.length);
    yield* ctx.waitForSignal("begin");
    yield* ctx.all([
      (function* () {
        yield* ctx.sleep(50);
        seen.push("timer");
      })(),
      (function* () {
        for (let index = 0; index < 3; index++) seen.push(yield* ctx.waitForSignal(note));
      })(),
    ]);
    return seen;
  });
  const engine = await openEngine({ workflows: [mixed] });
  const handle = await engine.start("mixed");
  await handle.signal("begin");
  await waitFor(async () => (await handle.history()).some(({ kind }) => kind === "timer-started"), {
    description: "the timer runs",
  });
  await handle.suspend();
  await handle.signal(note, 1);
  await waitFor(
    async () => (await handle.history()).some(({ kind, held }) => kind === "timer-fired" && held),
    {
      description: "the timer fired while suspended",
    },
  );
  await handle.signal(note, 2);
  await waitFor(async () => (await handle.history()).filter(({ held }) => held).length === 3, {
    description: "all three are kept in history",
  });
  expect((await handle.describe()).status).toBe("suspended");
  expect(await handle.query(steps)).toBeUndefined();
  await expect(handle.query(steps, undefined, { strict: true })).rejects.toThrow(WorkflowNotRunningError);
  await handle.resume();
  await waitFor(async () => (await handle.query(steps)) === 3, { description: "the code saw them" });
  await handle.signal(note, 3);
  expect(await handle.result()).toHaveLength(4);
  const accepted = (await handle.history()).filter(
    ({ kind, name }) => kind === "timer-fired" || (kind === "signal" && name === note.name),
  );
  expect(await handle.result()).toEqual(
    accepted.map(({ kind, payload }) => (kind === "timer-fired" ? "timer" : payload)),
  );
});

test("a running activity ends, and its result waits for resume", async () => {
  const gated = gatedActivity();
  const one = workflow({ name: "one" }).execute(async function* (ctx) {
    const first = yield* ctx.run(gated.definition);
    return [first, yield* ctx.run(gated.definition)];
  });
  const engine = await openEngine({ workflows: [one], activities: [gated.definition] });
  const handle = await engine.start("one");
  await waitFor(() => gated.contexts.length === 1, { description: "the activity runs" });
  await handle.suspend();
  gated.letGo();
  await waitFor(async () => (await handle.history()).some(({ held }) => held), {
    description: "its result is kept",
  });
  expect(gated.contexts).toHaveLength(1);
  await handle.resume();
  expect(await handle.result()).toEqual(["gated let go", "gated let go"]);
});

test("suspend and resume may be repeated, also many times in a row while signals come", async () => {
  const collect = workflow({ name: "collect" }).execute(async function* (ctx) {
    const seen: number[] = [];
    while (seen.length < 100) seen.push(yield* ctx.waitForSignal(note));
    return seen;
  });
  const engine = await openEngine({ workflows: [collect] });
  const handle = await engine.start("collect");
  for (let index = 0; index < 100; index++) {
    await handle.signal(note, index);
    if (index % 5 === 0) await Promise.all([handle.suspend(), handle.suspend()]);
    if (index % 5 === 3) await Promise.all([handle.resume(), handle.resume()]);
  }
  await handle.resume();
  expect(await handle.result()).toEqual([...Array(100).keys()]);
  await expect(handle.suspend()).rejects.toThrow(WorkflowNotRunningError);
  await expect(handle.resume()).rejects.toThrow(WorkflowNotRunningError);
});
