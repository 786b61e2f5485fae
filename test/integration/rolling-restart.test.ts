// Two gateways under load, restarted and killed one after the other.
import { connect } from "node:net";
import { HeddleClient, type RepeatOptions } from "@heddle/client";
import { randomNamespace, waitFor } from "@heddle/testkit";
import { signal, workflow } from "heddle";
import { expect, onTestFinished, test } from "vitest";
import { LoadBalancer } from "./support/load-balancer.js";
import { openEngine } from "./support/open-engine.js";
import { serveGateway, type ServedGateway } from "./support/served-gateway.js";

const add = signal<number>("add");
const stop = signal<void>("stop");

const tally = workflow({ name: "tally" }).execute(async function* (ctx) {
  const added: number[] = [];
  let isOpen = true;
  ctx.onSignal(add, (each) => void added.push(each));
  ctx.onSignal(stop, () => void (isOpen = false));
  yield* ctx.waitUntil(() => !isOpen);
  return added;
});

const LANES = 4;

async function openReplicas(retry: RepeatOptions) {
  const namespace = randomNamespace("rolling");
  const env = { HEDDLE_PRESTOP_MS: "2000" };
  const engine = await openEngine({ namespace, workflows: [tally] });
  const gateways = await Promise.all([serveGateway({ namespace, env }), serveGateway({ namespace, env })]);
  const balancer = await LoadBalancer.before(gateways.map(({ url }) => url));
  const client = new HeddleClient<[typeof tally]>({ url: gateways[0].url, fetch: balancer.fetch, retry });

  /** A successor in the place of a replica that has ended. */
  const replace = async ({ port, url }: ServedGateway): Promise<void> => {
    await serveGateway({ namespace, env, port });
    await balancer.untilReady(url);
  };
  return { engine, gateways, balancer, client, replace };
}

/** Callers that never pause: those who signal, who start with a signal, who look, and who wait for a result. */
function keepCalling(client: HeddleClient<[typeof tally]>) {
  let isStopped = false;
  const failed: unknown[] = [];
  const signalled = Array.from({ length: LANES }, () => 0);
  const started: string[] = [];
  const repeat = async (call: () => Promise<void>): Promise<void> => {
    // Until the first failure: nothing may fail.
    while (!isStopped && failed.length === 0) await call().catch((error: unknown) => void failed.push(error));
  };
  const runs = Promise.all(
    signalled.map((_none, lane) => client.start("tally", undefined, { id: `tally-${lane}` })),
  );
  const ends = runs.then((handles) => Promise.all(handles.map((handle) => handle.result())));
  ends.catch((error: unknown) => void failed.push(error));
  const lanes = runs.then((handles) => [
    ...handles.map((handle, lane) =>
      repeat(async () => {
        const nth = (signalled[lane] ?? 0) + 1;
        signalled[lane] = nth;
        await handle.signal(add, nth);
      }),
    ),
    repeat(async () => {
      const id = `single-${started.length}`;
      started.push(id);
      await client.startOrSignal("tally", undefined, { name: "add", payload: 1, signalId: "s" }, { id });
    }),
    repeat(async () => {
      await client.getHandle("tally-0").describe();
    }),
  ]);
  return {
    failed,
    /** Resolves when some more calls were answered; rejects once one has failed. */
    async goesOn(): Promise<void> {
      const calls = (): number => signalled.reduce((sum, each) => sum + each, 0);
      const before = calls();
      const isOver = (): boolean => failed.length > 0 || calls() > before + 100;
      await waitFor(isOver, { description: "calls are answered" });
      expect(failed).toEqual([]);
    },
    /** Resolves when every call is answered, with what was told to each workflow and what they say they were told. */
    async stop() {
      isStopped = true;
      await Promise.all(await lanes);
      for (const handle of await runs) await handle.signal(stop);
      const expected = signalled.map((count) => Array.from({ length: count }, (_none, index) => index + 1));
      return { expected, results: await ends, started };
    },
  };
}

test("a rolling restart of two gateways under load refuses nothing, loses nothing and repeats nothing", async () => {
  const { engine, gateways, balancer, client, replace } = await openReplicas({ attempts: 1 });
  const load = keepCalling(client);
  for (const gateway of gateways) {
    await load.goesOn();
    expect(await gateway.process.stop()).toMatchObject({ code: 0 });
    await replace(gateway);
  }
  const { expected, results, started } = await load.stop();
  expect(load.failed).toEqual([]);
  expect(balancer.failures).toEqual([]);
  expect(results).toEqual(expected);
  expect(await engine.count()).toBe(LANES + started.length);
  expect(await engine.getHandle(started.at(-1) ?? "").describe()).toMatchObject({ accepted: 2 });
}, 120_000);

test("gateways that are killed under load: what was unknown is repeated with the same ids and happens once", async () => {
  const { engine, gateways, balancer, client, replace } = await openReplicas({ attempts: 100 });
  const load = keepCalling(client);
  for (const gateway of gateways) {
    await load.goesOn();
    await gateway.process.kill();
    await replace(gateway);
  }
  const { expected, results, started } = await load.stop();
  expect(balancer.failures.length).toBeGreaterThan(0);
  expect(load.failed).toEqual([]);
  // A repetition may be overtaken by nothing here: each lane waits for its answer.
  expect(results).toEqual(expected);
  expect(await engine.count()).toBe(LANES + started.length);
}, 120_000);

test("a connection in reserve, on which nothing was sent, does not hold up the end", async () => {
  const gateway = await serveGateway();
  const socket = connect(gateway.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  // Answered on another connection, which was made later, so the gateway has seen the one in reserve.
  expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
  expect(await gateway.process.stop({ timeoutMs: 5_000 })).toMatchObject({ code: 0 });
});
