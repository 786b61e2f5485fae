// What clients do meanwhile: each story is one errand from its start to its result, told by several clients at once.
import { setTimeout as delay } from "node:timers/promises";
import { HeddleError } from "@heddle/protocol";
import { type Caller, isClosedRefusal, runErrand, startErrand, untilAnswered } from "../support/errands.js";
import type { Fleet } from "../support/fleet.js";
import type { SeededRandom } from "./seeded-random.js";

/** Between two signals of a client: a run that nobody moves for seconds should get hundreds of them, not thousands. */
const PAUSE_MS = 20;

interface Clients {
  readonly fleet: Fleet;
  /** At least two, by different ways. */
  readonly callers: readonly Caller[];
  readonly random: SeededRandom;
}

/** Resolves when the run has its result. */
export async function tellStory(clients: Clients, workflowId: string): Promise<void> {
  const { fleet, random } = clients;
  const story = random.pick([startedAndSignalled, convergingStartOrSignals, severalSignallers]);
  await story(clients, workflowId);
  await untilAnswered(() => fleet.client.result(workflowId));
}

async function startedAndSignalled({ fleet, callers, random }: Clients, workflowId: string): Promise<void> {
  const input = { notes: random.integer(0, 5), workMs: random.integer(0, 60) };
  await runErrand(random.pick(callers), fleet.journal, { workflowId, client: "only", input });
}

/** Several clients send the same start-or-signal at once: one run, one signal. */
async function convergingStartOrSignals(
  { fleet, callers, random }: Clients,
  workflowId: string,
): Promise<void> {
  const input = { notes: random.integer(1, 3), workMs: random.integer(0, 60) };
  for (let nth = 1; nth <= input.notes; nth++) {
    const payload = `${workflowId} ${nth}`;
    const sent = fleet.journal.signalSent({ client: "all", workflowId, payload });
    const runs = await Promise.all(
      [...callers, ...callers].map((caller) =>
        untilAnswered(() => caller.startOrSignal(workflowId, input, payload)),
      ),
    );
    for (const run of runs) fleet.journal.runAccepted(run.workflowId, run.runId);
    sent.outcome = "accepted";
  }
}

/** Several clients signal until the run is closed to them; one of them gives its signals no id. */
async function severalSignallers({ fleet, callers, random }: Clients, workflowId: string): Promise<void> {
  const input = { notes: random.integer(3, 12), workMs: random.integer(0, 60) };
  await startErrand(random.pick(callers), fleet.journal, { workflowId, input });
  await Promise.all([
    ...callers.map((caller, index) => signalUntilClosed(fleet, workflowId, `client ${index}`, caller)),
    keylessUntilClosed(fleet, workflowId),
  ]);
}

async function signalUntilClosed(
  fleet: Fleet,
  workflowId: string,
  client: string,
  caller: Caller,
): Promise<void> {
  for (let nth = 1; ; nth++) {
    const sent = fleet.journal.signalSent({ client, workflowId, payload: `${workflowId} ${client} ${nth}` });
    try {
      await untilAnswered(() => caller.signal(workflowId, sent.payload));
      sent.outcome = "accepted";
      await delay(PAUSE_MS);
    } catch (error) {
      if (!isClosedRefusal(error)) throw error;
      sent.outcome = "refused";
      return;
    }
  }
}

async function keylessUntilClosed(fleet: Fleet, workflowId: string): Promise<void> {
  for (let nth = 1; ; nth++) {
    const sent = fleet.journal.signalSent({
      client: "keyless",
      workflowId,
      payload: `${workflowId} keyless ${nth}`,
    });
    try {
      await fleet.client.signal(workflowId, "note", sent.payload);
      sent.outcome = "accepted";
      await delay(PAUSE_MS);
    } catch (error) {
      if (isClosedRefusal(error)) {
        sent.outcome = "refused";
        return;
      }
      if (!(error instanceof HeddleError && error.retryable)) throw error;
    }
  }
}
