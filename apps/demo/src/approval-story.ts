import { readFile } from "node:fs/promises";
import { createRedisStore } from "@heddle/redis-store";
import type { Fleet, FleetOptions, FleetProcess } from "./fleet.js";
import { GatewayCalls, type Description, type HistoryItem } from "./gateway-calls.js";
import type { Story } from "./story.js";
import { waitUntil } from "./wait-until.js";

const ORDER = "order-1001";
const CHARGE_TAKES_MS = 2_000;

/** An approval whose coordinator is killed while the card is being charged. Throws when anything is not as promised. */
export async function tellApprovalStory(
  story: Story,
  fleet: Fleet,
  options: FleetOptions & { readonly effectsFile: string },
): Promise<void> {
  const gateway = new GatewayCalls(fleet.url);

  story.tell(
    "an order",
    `${ORDER}: reserve the stock, wait for an approval, charge the card (takes ${CHARGE_TAKES_MS / 1_000} s), ship`,
  );
  const request = {
    type: "approval",
    id: ORDER,
    input: { orderId: ORDER, amount: 42, chargeTakesMs: CHARGE_TAKES_MS },
    signal: { name: "approval", payload: { approved: true, by: "ada" }, signalId: "click-1" },
  };
  story.tell("start-or-signal × 3", "same order id, same signal id, all at once, over HTTP");
  const replies = await Promise.all([1, 2, 3].map(() => gateway.startOrSignal(request)));
  story.more(replies.map(({ outcome }) => outcome).join(" · "));
  const runs = new Set(replies.map(({ runId }) => runId));
  const started = replies.filter(({ outcome }) => outcome === "started");
  expect(runs.size === 1 && started.length === 1, "three callers were not led to one run");
  expect(replies.filter(({ outcome }) => outcome === "duplicate").length === 2, "a click counted twice");

  // Looked up first, so that nothing slow comes between the start of the charge and the kill.
  const { owner, partition } = await ownerOf(ORDER, fleet, options);
  await waitUntil(
    "chargeCard runs",
    10_000,
    async () => isCharging(await gateway.describe(ORDER)) || undefined,
  );
  const { result: phase } = await gateway.query(ORDER, "phase");
  story.tell("query phase", JSON.stringify(phase));
  const description = await gateway.describe(ORDER);
  story.tell(
    "describe",
    `${description.status} · ${description.accepted} events accepted, ${description.processed} processed · ` +
      `pending: ${description.pendingActivities.map(({ name, state }) => `${name} (${state})`).join(", ")}`,
  );

  const exit = await owner.kill();
  story.tell(
    "kill -9",
    `${owner.name} (pid ${owner.pid}): it owns partition ${partition}, and so ${ORDER}`,
    "red",
  );
  expect(exit.signal === "SIGKILL", `${owner.name} ended by itself before it could be killed`);
  expect(
    isCharging(await gateway.describe(ORDER)),
    "the charge was over before the kill: this machine is too busy for the story",
  );

  story.tell(
    "wait for the result",
    `a long poll over HTTP; the lease of ${owner.name} runs out within ${options.leaseTtlMs / 1_000} s`,
  );
  const { status, result } = await gateway.result(ORDER, 30_000);
  expect(status === "completed", `the workflow is ${status} after 30 s`);
  story.tell("result", Object.values(result as object).join(" · "), "green");
  const successor = await ownerOf(ORDER, fleet, options);
  story.more(
    `${successor.owner.name} (pid ${successor.owner.pid}) took partition ${partition} over and replayed the history`,
  );

  const completions = completionsByActivity(await gateway.history(ORDER));
  story.tell("history", [...completions].map(([name, count]) => `${name} ${count}×`).join(" · "));
  const expected = ["reserveStock", "chargeCard", "shipOrder"];
  expect(
    completions.size === expected.length && expected.every((name) => completions.get(name) === 1),
    "an activity was not recorded exactly once",
  );
  const effects = (await readFile(options.effectsFile, "utf8")).trim().split("\n");
  const charges = effects.filter((line) => line.includes("charged"));
  story.tell("effects outside", `${charges.length} charge of the card`);
  expect(charges.length === 1, `the card was charged ${charges.length} times`);
}

/** Each coordinator tells on `/readyz` which partitions it owns; the id of a workflow decides its partition. */
async function ownerOf(
  workflowId: string,
  fleet: Fleet,
  options: FleetOptions,
): Promise<{ owner: FleetProcess; partition: number }> {
  const store = await createRedisStore({
    connection: { url: options.redisUrl },
    namespace: options.namespace,
  });
  const partition = store.partitionOf(workflowId);
  await store.close();
  const owner = await waitUntil(`a coordinator owns partition ${partition}`, 10_000, async () => {
    const answers = await Promise.all(
      fleet.processes("coordinator").map(async (coordinator) => {
        const health = await fetch(`${coordinator.url}/readyz`)
          .then((reply) => reply.json() as Promise<{ partitions: number[] }>)
          .catch(() => undefined);
        return { coordinator, owns: health?.partitions.includes(partition) === true };
      }),
    );
    return answers.find(({ owns }) => owns)?.coordinator;
  });
  return { owner, partition };
}

function isCharging({ pendingActivities }: Description): boolean {
  return pendingActivities.some(({ name, state }) => name === "chargeCard" && state === "started");
}

function completionsByActivity(history: readonly HistoryItem[]): ReadonlyMap<string, number> {
  const names = new Map<number | undefined, string | undefined>();
  const completions = new Map<string, number>();
  for (const { kind, seq, name } of history) {
    if (kind === "activity-scheduled") names.set(seq, name);
    if (kind === "activity-completed") {
      const activity = names.get(seq) ?? "unknown";
      completions.set(activity, (completions.get(activity) ?? 0) + 1);
    }
  }
  return completions;
}

function expect(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}
