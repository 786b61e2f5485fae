// Updates of a workflow that continues as new: what its code has not seen moves on, what it has answered stays answered.
import {
  signal,
  update,
  UpdateNotCompletedError,
  UpdateRejectedError,
  workflow,
  WorkflowCancelledError,
} from "heddle";
import { randomNamespace } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const noted = signal<string>("noted");
const add = update<string, { readonly item: string; readonly run: number }>("add");
const wait = update<void, string>("wait");

interface LogInput {
  readonly run: number;
  readonly seen: readonly string[];
}

/** Continues after every note, until one says that it is the end. */
const log = workflow({ name: "log" })
  .signals({ noted })
  .updates({ add, wait })
  .execute(async function* (ctx, { run, seen }: LogInput) {
    const now = [...seen];
    ctx.onUpdate(
      add,
      (item) => {
        now.push(item);
        return { item, run };
      },
      {
        validate: (item) => {
          if (now.includes(item)) throw new RangeError(`${item} is there already`);
        },
      },
    );
    ctx.onUpdate(wait, function* () {
      return yield* ctx.waitForSignal<string>({ name: "go on" });
    });
    const note = yield* ctx.waitForSignal(noted);
    now.push(note);
    if (note === "wait for all") yield* ctx.waitUntil(ctx.allHandlersFinished);
    if (note !== "end") yield* ctx.continueAsNew({ run: run + 1, seen: now });
    return now;
  });

const fresh: LogInput = { run: 1, seen: [] };

/** A workflow that nobody owns yet: what it is sent is in its inbox, in this order. */
async function waiting() {
  const namespace = randomNamespace("updates");
  const client = await openEngine({ namespace, roles: ["client"] });
  const handle = await client.start("log", fresh);
  const accepted = async (count: number) =>
    expect.poll(async () => (await handle.describe()).accepted).toBe(count);
  return { handle, accepted, own: () => openEngine({ namespace, workflows: [log] }) };
}

test("what comes behind the end of a run is judged by the next, in one order with the signals", async () => {
  const { handle, accepted, own } = await waiting();
  const answers: Promise<unknown>[] = [];
  let events = 1;
  const send = async (sent: () => Promise<unknown>): Promise<void> => {
    answers.push(sent());
    await accepted(++events);
  };
  await send(() => handle.update(add, "first", { updateId: "u1" }));
  await send(() => handle.signal(noted, "a"));
  await send(() => handle.update(add, "second", { updateId: "u2" }));
  await send(() => handle.update(add, "first", { updateId: "u3" }));
  await send(() => handle.signal(noted, "b"));
  await send(() => handle.update(add, "third", { updateId: "u4" }));
  await send(() => handle.signal(noted, "end"));
  await send(() => handle.update(add, "late", { updateId: "u5" }));
  await own();
  const [first, , second, again, , third, , late] = await Promise.allSettled(answers);
  expect([first, second, third]).toMatchObject([
    { value: { item: "first", run: 1 } },
    { value: { item: "second", run: 2 } },
    { value: { item: "third", run: 3 } },
  ]);
  expect(again).toMatchObject({ reason: { name: UpdateRejectedError.name } });
  expect(late).toMatchObject({
    reason: { name: UpdateNotCompletedError.name, details: { accepted: false } },
  });
  expect(await handle.result()).toEqual(["first", "a", "second", "b", "third", "end"]);
});

test("an id that an earlier run completed or rejected gets the same answer, also when the workflow is closed", async () => {
  const engine = await openEngine({ workflows: [log] });
  const handle = await engine.start("log", fresh);
  const answer = { item: "x", run: 1 };
  expect(await handle.update(add, "x", { updateId: "u1" })).toEqual(answer);
  await expect(handle.update(add, "x", { updateId: "u2" })).rejects.toThrow(UpdateRejectedError);
  const accepted = await handle.startUpdate(add, "y", { updateId: "u3" });
  for (const note of ["a", "b", "end"]) {
    await handle.signal(noted, note);
    expect(await handle.update(add, "other", { updateId: "u1" })).toEqual(answer);
    await expect(handle.update(add, "other", { updateId: "u2" })).rejects.toThrow(UpdateRejectedError);
    expect(await accepted.result()).toEqual({ item: "y", run: 1 });
  }
  expect(await handle.result()).toEqual(["x", "y", "a", "b", "end"]);
  expect(await handle.update(add, "other", { updateId: "u1" })).toEqual(answer);
});

test("a handler at work is cut off by the end of its run, and its caller is told; the code may wait for it", async () => {
  const engine = await openEngine({ workflows: [log] });
  const handle = await engine.start("log", fresh);
  const cutOff = await handle.startUpdate(wait, undefined, { updateId: "u1" });
  await handle.signal(noted, "go on at once");
  const reason = { name: UpdateNotCompletedError.name, details: { status: "continued", accepted: true } };
  await expect(cutOff.result()).rejects.toMatchObject(reason);
  await expect(handle.update(wait, undefined, { updateId: "u1" })).rejects.toMatchObject(reason);

  const waitedFor = await handle.startUpdate(wait, undefined, { updateId: "u2" });
  await handle.signal(noted, "wait for all");
  await handle.signal("go on", "done");
  expect(await waitedFor.result()).toBe("done");
  await handle.signal(noted, "end");
  expect(await handle.result()).toEqual(["go on at once", "wait for all", "end"]);
});

test("a request to cancel that comes behind the end of a run reaches the next", async () => {
  const { handle, own } = await waiting();
  await handle.signal(noted, "a");
  await handle.cancel({ reason: "enough" });
  await own();
  await expect(handle.result()).rejects.toMatchObject({
    name: WorkflowCancelledError.name,
    message: expect.stringContaining("enough") as unknown,
  });
  expect((await handle.history()).map(({ kind }) => kind)).toContain("cancel-requested");
});
