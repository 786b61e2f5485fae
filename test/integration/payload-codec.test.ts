// A payload codec in every process: what Redis is sent, rotation of keys, and what happens without the right key.
import { randomBytes, randomUUID } from "node:crypto";
import { randomNamespace, startTestRedis, waitFor } from "@heddle/testkit";
import {
  activity,
  chainCodecs,
  compression,
  encryption,
  PayloadNotDecodableError,
  query,
  signal,
  update,
  workflow,
  type PayloadCodec,
  type WorkflowHandle,
} from "heddle";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { openEngine } from "./support/open-engine.js";

const [firstKey, secondKey] = [randomBytes(32), randomBytes(32)];
const first = encryption({ keys: { first: firstKey }, encryptWith: "first" });
const rotated = encryption({ keys: { first: firstKey, second: secondKey }, encryptWith: "second" });

const note = signal<string>("note");
const state = query<string, string>("state");
const amend = update<string, string>("amend");

/** Everything through which a value can go; each says the secret, and the last run fails with it. */
const errand = activity({
  name: "errand",
  retry: { initialBackoff: 10 },
  execute: (text: string, context) => {
    if (context.attempt === 2) return `${text} done`;
    context.heartbeat({ text });
    throw Object.assign(new TypeError(text), { details: { text, nextDelayMs: 1 } });
  },
});
const later = activity<string, string>({ name: "later", asyncComplete: true, execute: () => undefined });
const tale = workflow({ name: "tale" }).execute(async function* (
  ctx,
  input: { text: string; round: number },
) {
  const seen: string[] = [];
  ctx.onQuery(state, (question: string) => `${question} ${seen.join(" ")}`);
  ctx.onUpdate(amend, (text) => {
    seen.push(text);
    return `${text} amended`;
  });
  if (input.round === 2) throw Object.assign(new RangeError(input.text), { details: { text: input.text } });
  seen.push(yield* ctx.run(errand, input.text));
  seen.push(yield* ctx.step("keep", () => `${input.text} kept`));
  seen.push(yield* ctx.run(later, input.text, { reference: "later" }));
  seen.push(yield* ctx.waitForSignal(note));
  return yield* ctx.continueAsNew({ text: input.text, round: 2 });
});

const codecs: readonly (readonly [string, PayloadCodec])[] = [
  ["encryption", first],
  ["compression, then encryption", chainCodecs(compression({ thresholdBytes: 0 }), first)],
];

test.each(codecs)(
  "with %s nothing that users send in or get out is ever sent to Redis as it is",
  async (_what, codec) => {
    const secret = `secret-${randomUUID()}`;
    // A server of its own: ioredis stumbles over commands of others while a connection becomes a monitor.
    const server = await startTestRedis();
    onTestFinished(() => server.stop());
    const client = new Redis(server.url);
    const monitor = await client.monitor();
    onTestFinished(() => {
      client.disconnect();
      monitor.disconnect();
    });
    const leaks: string[] = [];
    let commands = 0;
    monitor.on("monitor", (_time: string, command: string[]) => {
      commands++;
      if (command.join(" ").includes(secret)) leaks.push(command.join(" ").slice(0, 300));
    });
    const engine = await openEngine({
      url: server.url,
      codec,
      workflows: [tale],
      activities: [errand, later],
    });
    const handle = await engine.start("tale", { text: secret, round: 1 }, { memo: { text: secret } });
    expect((await handle.describe()).memo).toEqual({ text: secret });
    await engine.schedules.create({
      id: "tales",
      cron: "@yearly",
      workflow: { type: "tale", input: { text: secret, round: 2 }, memo: secret },
    });
    const scheduled = await engine.schedules.get("tales").trigger();
    await waitFor(() => engine.count({ idPrefix: scheduled.workflowId }).then((count) => count === 1), {
      description: "the scheduled run is started",
    });
    const ofSchedule = engine.getHandle(scheduled.workflowId);
    expect((await ofSchedule.describe()).memo).toBe(secret);
    await expect(ofSchedule.result()).rejects.toMatchObject({ cause: { message: secret } });
    await waitFor(
      async () => (await handle.describe()).pendingActivities.some(({ name }) => name === "later"),
      {
        description: "the run waits to be completed from outside",
      },
    );
    const target = { workflowId: handle.id, reference: "later" };
    await engine.activities.heartbeat(target, { text: secret });
    await engine.activities.complete(target, `${secret} later`);
    expect(await handle.update(amend, secret)).toBe(`${secret} amended`);
    await waitFor(async () => (await handle.query(state, secret))?.includes(" later"), {
      description: "the code has gone on",
    });
    expect(await handle.query(state, secret)).toContain(`${secret} ${secret} done ${secret} kept`);
    expect(JSON.stringify(await handle.history())).toContain(`${secret} done`);
    await handle.signal(note, secret);
    await expect(handle.result()).rejects.toMatchObject({
      code: "WORKFLOW_FAILED",
      cause: { name: "RangeError", message: secret, details: { text: secret } },
    });
    const result = await engine.startOrSignal(
      "tale",
      { text: secret, round: 2 },
      { name: "note", payload: secret, signalId: "1" },
    );
    await expect(result.result()).rejects.toMatchObject({ cause: { message: secret } });
    const updated = await engine.updateWithStart(
      "tale",
      { text: secret, round: 1 },
      { update: amend, input: secret },
    );
    expect(updated.result).toBe(`${secret} amended`);
    expect(commands).toBeGreaterThan(50);
    expect(leaks).toEqual([]);
  },
);

const waiting = workflow({ name: "waiting" }).execute(async function* (ctx, input: string) {
  const notes: string[] = [];
  ctx.onQuery(state, (question: string) => `${question}: ${notes.length}`);
  while (notes.length < 2) notes.push(yield* ctx.waitForSignal(note));
  return [input, ...notes].join(" ");
});

test("after a rotation what the old key encrypted is read, and new values have the new key", async () => {
  const namespace = randomNamespace("codec");
  const old = await openEngine({ namespace, codec: first, workflows: [waiting] });
  const { id } = await old.start("waiting", "in");
  await old.getHandle(id).signal(note, "one");
  await old.shutdown();
  const engine = await openEngine({ namespace, codec: rotated, workflows: [waiting] });
  const handle = engine.getHandle<string>(id);
  await handle.signal(note, "two");
  expect(await handle.result()).toBe("in one two");
  const late = await openEngine({ namespace, codec: first, roles: ["client"] });
  const result = late.getHandle(id).result();
  await expect(result).rejects.toBeInstanceOf(PayloadNotDecodableError);
  await expect(result).rejects.toThrow('the key "second" encrypted it, which this process does not have');
});

test("a codec can be introduced while runs are open", async () => {
  const namespace = randomNamespace("codec");
  const plain = await openEngine({ namespace, workflows: [waiting] });
  const { id } = await plain.start("waiting", "in");
  await plain.getHandle(id).signal(note, "one");
  await plain.shutdown();
  const engine = await openEngine({ namespace, codec: first, workflows: [waiting] });
  await engine.getHandle(id).signal(note, "two");
  expect(await engine.getHandle(id).result()).toBe("in one two");
});

const heldReason = (handle: WorkflowHandle) =>
  waitFor(async () => (await handle.describe()).heldReason, { description: "the run is held" });

test.each<[string, { codec?: PayloadCodec }, string]>([
  ["without the key", { codec: first }, 'the key "second" encrypted it'],
  ["without any codec", {}, "no payload codec"],
])(
  "a coordinator %s holds the run, visibly, and loses nothing; who has the key goes on",
  async (_what, lacking, reason) => {
    const namespace = randomNamespace("codec");
    const client = await openEngine({ namespace, codec: rotated, roles: ["client"] });
    const blind = await openEngine({ namespace, ...lacking, workflows: [waiting] });
    const handle = await client.start("waiting", "in");
    expect(await heldReason(handle)).toContain(reason);
    await handle.signal(note, "one");
    await blind.shutdown();

    const seeing = await openEngine({ namespace, codec: rotated, workflows: [waiting] });
    await waitFor(async () => (await handle.query(state, "notes")) === "notes: 1", {
      description: "the run goes on",
    });
    expect((await handle.describe()).heldReason).toBeUndefined();
    await seeing.shutdown();

    // Now its whole history is there, and it is read at the next event.
    const blindAgain = await openEngine({ namespace, ...lacking, workflows: [waiting] });
    await handle.signal(note, "two");
    expect(await heldReason(handle)).toMatch(/codec/);
    await blindAgain.shutdown();
    await openEngine({ namespace, codec: rotated, workflows: [waiting] });
    expect(await handle.result()).toBe("in one two");
  },
);

test.each<[string, { codec?: PayloadCodec }]>([
  ["without the key", { codec: first }],
  ["without any codec", {}],
])("a worker %s gives the attempt back, uncounted, and another one runs it", async (_what, lacking) => {
  const namespace = randomNamespace("codec");
  const echo = activity({
    name: "echo",
    retry: { maxAttempts: 1 },
    execute: (text: string, { attempt }) => `${text} ${attempt}`,
  });
  const caller = workflow({ name: "caller" }).execute(async function* (ctx, text: string) {
    return yield* ctx.run(echo, text);
  });
  const blind = await openEngine({ namespace, ...lacking, roles: ["worker"], activities: [echo] });
  const engine = await openEngine({
    ...{ namespace, codec: rotated, roles: ["coordinator"], workflows: [caller], activities: [echo] },
  });
  const handle = await engine.start("caller", "said");
  await waitFor(
    async () => (await handle.describe()).pendingActivities[0]?.lastFailureMessage?.includes("codec"),
    {
      description: "the attempt was given back with the reason",
    },
  );
  await blind.shutdown();
  await openEngine({ namespace, codec: rotated, roles: ["worker"], activities: [echo] });
  expect(await handle.result()).toBe("said 1");
});
