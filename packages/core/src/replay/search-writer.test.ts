import { decodePayload, NondeterminismError } from "@heddle/protocol";
import { workflow, type WorkflowContext } from "@heddle/workflow";
import { describe, expect, test } from "vitest";
import { RecordedRun } from "./testing/recorded-run.js";
import { BOTH_WAYS, startRun, type Code } from "./testing/start-run.js";

/** Does something, waits for "go", does something else. */
const around = (
  before: (ctx: WorkflowContext) => void,
  after: (ctx: WorkflowContext) => void,
): Code<undefined> =>
  function* (ctx) {
    before(ctx);
    yield* ctx.waitForSignal("go");
    after(ctx);
  };
const nothing = (): void => undefined;

describe.each(BOTH_WAYS)("a run, %s,", (_way, start) => {
  test("decides attributes and memo where the code sets them, and not again", async () => {
    const run = await start(
      around(
        (ctx) => {
          ctx.setAttributes({ customer: "ada", total: 5, due: new Date(7), gone: null });
          ctx.setMemo({ note: "first" });
        },
        (ctx) => {
          ctx.setAttribute("total", undefined);
          ctx.setMemo(undefined);
          ctx.setAttributes({});
        },
      ),
    );
    expect(run.decisions).toEqual(["attributes-set", "memo-set", "signal-awaited 1 go"]);
    expect(await run.signal("go")).toEqual(["attributes-set", "memo-set", "completed"]);
    const set = run.commands.flatMap((command) =>
      command.kind === "attributes-set" ? [[command.names, decodePayload(command.attributes)]] : [],
    );
    expect(set).toEqual([
      [["customer", "total", "due", "gone"], { customer: "ada", total: 5, due: new Date(7), gone: null }],
      [["total"], { total: undefined }],
    ]);
    const memos = run.commands.flatMap((command) => (command.kind === "memo-set" ? [command.memo] : []));
    expect(memos.map((memo) => memo && decodePayload(memo))).toEqual([{ note: "first" }, undefined]);
  });

  test("may set 32 names over all its turns, and each again", async () => {
    const many = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${from + index}`, index]));
    const run = await start(
      around(
        (ctx) => ctx.setAttributes(many(0, 20)),
        (ctx) => {
          ctx.setAttributes(many(0, 32));
          ctx.setAttribute("one-more", 1);
        },
      ),
    );
    await run.signal("go");
    expect(run.failure).toMatchObject({ name: "InvalidArgumentError" });
    expect(run.failure.message).toContain("would have 33 attributes; the limit is 32");
  });

  test("whose query or validator sets something is not changed by it", async () => {
    const run = await start(function* (ctx) {
      ctx.onQuery({ name: "peek" }, () => {
        ctx.setAttribute("asked", true);
        return "unreachable";
      });
      yield* ctx.waitForSignal("go");
    });
    expect(() => run.query("peek")).toThrow(/setAttributes was called by a query/);
    expect(run.machine.takeCommands()).toEqual([]);
    expect(await run.signal("go")).toEqual(["completed"]);
  });
});

test.each<[string, (ctx: WorkflowContext) => void]>([
  ["nothing", nothing],
  ["another name", (ctx) => ctx.setAttribute("client", "ada")],
  ["a memo", (ctx) => ctx.setMemo(1)],
])("code that set an attribute and now sets %s is told so by replay", async (_what, before) => {
  const run = await startRun(around((ctx) => ctx.setAttribute("customer", "ada"), nothing));
  const changed = workflow({ name: "test" }).execute(around(before, nothing));
  await expect(run.rebuild(changed)).rejects.toThrow(NondeterminismError);
  await expect(run.rebuild(changed)).rejects.toThrow(/attributes-set "customer"/);
});

test("a value may change, as an input may", async () => {
  const run = await startRun(around((ctx) => ctx.setAttribute("customer", "ada"), nothing));
  await run.rebuild(
    workflow({ name: "test" }).execute(around((ctx) => ctx.setAttribute("customer", "bob"), nothing)),
  );
  await run.signal("go");
  expect(run.decisions.at(-1)).toBe("completed");
});

test.each<[string, unknown, string]>([
  ["an undeclared name", { colour: "red" }, "is not declared by its workflow, which has customer, labels"],
  ["another type", { customer: 5 }, "is declared as string and got a number"],
  ["a list with a number", { labels: ["a", 5] }, "has the element 5"],
  ["tags that are no list", { tags: "vip" }, "holds the tags of a run and got a string"],
  ["an object", { customer: { name: "ada" } }, "give a string, a finite number"],
  ["no number", { customer: Number.NaN }, "is NaN"],
  ["a long text", { customer: "é".repeat(129) }, "takes 258 UTF-8 bytes; the limit is 256"],
  ["NUL", { customer: "a\0b" }, "NUL character"],
  ["a long list", { labels: Array.from({ length: 33 }, String) }, "has 33 elements; the limit is 32"],
  ["an empty name", { "": 1 }, "attribute name"],
  ["no object", "customer", 'attributes are "customer"'],
])("%s throws in the code, at the call", async (_what, changes, message) => {
  const definition = workflow({ name: "test" })
    .searchAttributes({ customer: "string", labels: "string[]" })
    .execute(function* (ctx) {
      (ctx as unknown as { setAttributes(changes: unknown): void }).setAttributes(changes);
      yield* ctx.sleep(1);
    });
  const declared = new RecordedRun(definition);
  await declared.start();
  expect(declared.failure.name).toBe("InvalidArgumentError");
  expect(declared.failure.message).toContain(message);
  expect(declared.decisions).toEqual(["failed"]);
});
