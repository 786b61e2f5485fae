import {
  decodeHistoryRecord,
  encodeHistoryRecord,
  isHistoryEvent,
  type HistoryCommand,
  type HistoryEvent,
} from "@heddle/protocol";
import type { AnyWorkflow } from "@heddle/workflow";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Machine } from "./machine.js";
import { pendingWork } from "./pending-work.js";
import { replayHistory } from "./replay-history.js";
import { arbitraryChoices, arbitraryProgram } from "./testing/arbitrary-program.js";
import { traceQuery, workflowOf } from "./testing/program.js";
import { RecordedRun, supplyTo } from "./testing/recorded-run.js";
import { resetRun } from "./testing/reset-run.js";
import { goOn, runSchedule } from "./testing/scheduled-run.js";

// A failure prints the seed and the shrunk program; `{ seed, path }` as options of `fc.assert` repeat it.

const scenario = {
  program: arbitraryProgram({ bare: true }),
  choices: arbitraryChoices,
  async: fc.boolean(),
};

test("a run rebuilt after any of its events goes on exactly as it would have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.record(scenario), async ({ program, choices, async }) => {
      const workflow = workflowOf(program, { async });
      const history = await undisturbed(workflow, choices);
      for (let prefix = 1; prefix < history.turns.length; prefix++) {
        const machine = newMachine(workflow);
        const records = history.turns.slice(0, prefix).flatMap((turn) => turn.records);
        expect(await replayHistory(machine, records, history.readOffloaded)).toEqual([]);
        expect(machine.takeCommands()).toEqual([]);
        expect(stateOf(machine)).toBe(history.turns[prefix - 1]?.state);
        for (const turn of history.turns.slice(prefix)) {
          supplyTo(machine, turn.event, history.offloaded);
          await machine.feed(turn.event);
          expect(fingerprint(machine.takeCommands())).toBe(turn.decided);
        }
        expect(stateOf(machine)).toBe(history.turns.at(-1)?.state);
      }
    }),
    { numRuns: 200 },
  );
});

test("how events are grouped into commits never matters", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ ...scenario, commits: fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }) }),
      async ({ program, choices, async, commits }) => {
        const workflow = workflowOf(program, { async });
        const history = await undisturbed(workflow, choices);
        const machine = newMachine(workflow);
        const decided: HistoryCommand[] = [];
        for (const [index, turn] of history.turns.entries()) {
          supplyTo(machine, turn.event, history.offloaded);
          await machine.feed(turn.event);
          if (commits[index % commits.length] === true) decided.push(...machine.takeCommands());
        }
        decided.push(...machine.takeCommands());
        expect(fingerprint(decided)).toBe(fingerprint(history.commands));
        expect(stateOf(machine)).toBe(history.turns.at(-1)?.state);
      },
    ),
    { numRuns: 200 },
  );
});

test("events that were held and taken later are seen as if they had come then", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ ...scenario, from: fc.nat({ max: 20 }), count: fc.nat({ max: 5 }) }),
      async ({ program, choices, async, from, count }) => {
        const workflow = workflowOf(program, { async });
        const { turns, readOffloaded } = await undisturbed(workflow, choices);
        const [before, held, after] = [
          turns.slice(0, from + 1),
          turns.slice(from + 1, from + 1 + count),
          turns.slice(from + 1 + count),
        ];
        const records = [
          ...before.flatMap((turn) => turn.records),
          ...held.map((turn) =>
            encodeHistoryRecord({ kind: "held", event: encodeHistoryRecord(turn.event) }),
          ),
          ...held.flatMap((turn) => [
            encodeHistoryRecord({ kind: "taken", at: turn.event.at }),
            ...turn.records.slice(1),
          ]),
          ...after.flatMap((turn) => turn.records),
        ];
        const machine = newMachine(workflow);
        expect(await replayHistory(machine, records, readOffloaded)).toEqual([]);
        expect(stateOf(machine)).toBe(turns.at(-1)?.state);
      },
    ),
    { numRuns: 200 },
  );
});

test("a run that is reset to any of its events keeps what was before, and its history replays", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        ...scenario,
        later: arbitraryChoices,
        reapply: fc.constantFrom("none", "signals", "outcomes"),
      }),
      async ({ program, choices, async, later, reapply }) => {
        const workflow = workflowOf(program, { async });
        const { run } = await runSchedule(workflow, choices);
        for (const [index, record] of run.records.entries()) {
          if (!isHistoryEvent(decodeHistoryRecord(record))) continue;
          // Where another run is awaited a history is not cut.
          const { messages, children } = pendingWork(run.records.slice(0, index + 1));
          if (messages.length + children.length > 0) continue;
          const reset = await resetRun(run, workflow, { keep: index + 1, reapply });
          await goOn(reset, later);
          expect(reset.records.slice(0, index + 1)).toEqual(run.records.slice(0, index + 1));
          const state = stateOf(reset.machine);
          await reset.rebuild();
          expect(reset.machine.takeCommands()).toEqual([]);
          expect(stateOf(reset.machine)).toBe(state);
        }
      },
    ),
    { numRuns: 100 },
  );
});

interface Turn {
  readonly event: HistoryEvent;
  /** The event and what the code decided by it. */
  readonly records: readonly Uint8Array[];
  readonly decided: string;
  /** What is pending and what a query answers after it. */
  readonly state: string;
}

/** The run without any rebuild, cut into its events. */
async function undisturbed(
  workflow: AnyWorkflow,
  choices: Parameters<typeof runSchedule>[1],
): Promise<{ turns: readonly Turn[] } & Pick<RecordedRun, "commands" | "offloaded" | "readOffloaded">> {
  const { run } = await runSchedule(workflow, choices);
  const machine = newMachine(workflow);
  const turns: Turn[] = [];
  for (const records of turnsOf(run.records)) {
    const [event] = records.map(decodeHistoryRecord).filter(isHistoryEvent);
    if (event === undefined) throw new Error("a turn begins with its event");
    supplyTo(machine, event, run.offloaded);
    await machine.feed(event);
    turns.push({ event, records, decided: fingerprint(machine.takeCommands()), state: stateOf(machine) });
  }
  const { commands, offloaded, readOffloaded } = run;
  return { turns, commands, offloaded, readOffloaded };
}

function turnsOf(records: readonly Uint8Array[]): Uint8Array[][] {
  const turns: Uint8Array[][] = [];
  for (const record of records) {
    if (isHistoryEvent(decodeHistoryRecord(record))) turns.push([]);
    turns.at(-1)?.push(record);
  }
  return turns;
}

function newMachine(workflow: AnyWorkflow): Machine {
  return new RecordedRun(workflow).machine;
}

function stateOf(machine: Machine): string {
  return JSON.stringify({
    closed: machine.closed === undefined ? "open" : fingerprint([machine.closed]),
    activities: machine.pendingActivities,
    timers: machine.pendingTimers,
    children: machine.pendingChildren.map((child) => child.seq),
    steps: machine.pendingSteps.map((step) => [step.seq, step.name]),
    queries: machine.queryNames,
    trace: machine.query(traceQuery.name, undefined),
  });
}

/** Equal texts for equal commands, payload bytes included. Stacks differ: they show who called the code. */
function fingerprint(commands: readonly HistoryCommand[]): string {
  return JSON.stringify(commands, (key, value: unknown) => (key === "stack" ? undefined : value));
}
