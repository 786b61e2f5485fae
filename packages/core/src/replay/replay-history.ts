import {
  CorruptRecordError,
  decodeHistoryRecord,
  isHistoryCommand,
  isHistoryEvent,
  NondeterminismError,
  type HistoryCommand,
  type HistoryEvent,
  type Payload,
} from "@heddle/protocol";
import type { Machine } from "./machine.js";
import { offloadedValueNotFound } from "./offloaded-values.js";
import { seedsOf } from "./reset-marks.js";

/** Gives a value that a workflow keeps outside of its histories; `undefined` when it has none of that id. */
export type ReadOffloaded = (valueId: string) => Promise<Payload | undefined>;

/** For a history that comes without such values. */
export const readsNothing: ReadOffloaded = () => Promise.resolve(undefined);

/** Feeds an event of a history, with the value that it refers to. Throws `OffloadedValueNotFoundError`. */
export async function feedRecorded(
  machine: Machine,
  event: HistoryEvent,
  readOffloaded: ReadOffloaded,
): Promise<void> {
  if (event.kind === "load-completed") {
    const { valueId } = event;
    const payload = await readOffloaded(valueId);
    if (payload === undefined) throw offloadedValueNotFound(valueId);
    machine.supply({ valueId, payload });
  }
  await machine.feed(event);
}

/**
 * Rebuilds a machine from its history: feeds the recorded events and compares what the code decides with what it
 * decided then. Returns the held events that the code has not seen yet, oldest first.
 * Throws `NondeterminismError` naming both sides at the first difference (also when the code does not support a
 * version that the run takes), `CorruptRecordError` when the records
 * cannot have been written by an owner, `OffloadedValueNotFoundError` when `readOffloaded` has not a value that was
 * loaded: a history does not hold these.
 */
export async function replayHistory(
  machine: Machine,
  records: readonly Uint8Array[],
  readOffloaded: ReadOffloaded = readsNothing,
): Promise<HistoryEvent[]> {
  const held: HistoryEvent[] = [];
  let decided: HistoryCommand[] = [];
  const feed = async (event: HistoryEvent, index: number): Promise<void> => {
    assertNothingLeft(decided, index);
    await feedRecorded(machine, event, readOffloaded);
    // The end of a run is recorded behind all that was accepted for it, so it may wait over several events.
    decided = [...decided, ...machine.takeCommands()];
  };
  const history = records.map(decodeHistoryRecord);
  const seeds = seedsOf(history);
  if (seeds.first !== undefined) machine.reseed(seeds.first);
  for (const record of history) {
    if (record.kind === "version-marked") machine.recallVersion(record);
    if (record.kind === "value-offloaded") machine.recallOffloaded(record);
  }
  machine.replaying = true;
  try {
    for (const [index, record] of history.entries()) {
      const seed = seeds.from.get(index);
      if (seed !== undefined) machine.reseed(seed);
      // Not compared: code that no longer asks, or asks earlier, is told apart by what it decides then.
      if (record.kind === "version-marked") continue;
      if (isHistoryEvent(record)) {
        await feed(record, index);
      } else if (isHistoryCommand(record)) {
        assertSame({ recorded: record, decided: decided.shift(), index });
      } else if (record.kind === "held") {
        held.push(heldEvent(record.event));
      } else if (record.kind === "taken") {
        const event = held.shift();
        if (event === undefined) throw new CorruptRecordError(`record ${index} takes an event, none is held`);
        await feed(event, index);
      } else if (record.kind === "dropped" && held.shift() === undefined) {
        throw new CorruptRecordError(`record ${index} drops an event, none is held`);
      }
    }
    const unrecorded = decided[0];
    if (unrecorded !== undefined) throw nondeterminism("nothing", describe(unrecorded), records.length);
    return held;
  } finally {
    machine.replaying = false;
  }
}

function heldEvent(data: Uint8Array): HistoryEvent {
  const event = decodeHistoryRecord(data);
  if (!isHistoryEvent(event)) {
    throw new CorruptRecordError(`a held record holds "${event.kind}", which is no event`);
  }
  return event;
}

function assertSame(side: {
  recorded: HistoryCommand;
  decided: HistoryCommand | undefined;
  index: number;
}): void {
  const { recorded, decided, index } = side;
  const [then, now] = [describe(recorded), decided === undefined ? "nothing" : describe(decided)];
  if (then !== now) throw nondeterminism(then, now, index);
}

/** Every decision was recorded together with the event that caused it, so nothing may be left before the next. */
function assertNothingLeft(decided: readonly HistoryCommand[], index: number): void {
  const first = decided.find((command) => !isClosing(command));
  if (first !== undefined) throw nondeterminism("nothing", describe(first), index);
}

function nondeterminism(then: string, now: string, index: number): NondeterminismError {
  return new NondeterminismError(
    `the code decided differently than its history: record ${index} has ${then}, the code now decides ${now}; ` +
      `deploy code that decides as before, or give changed code a new version`,
    { details: { index, recorded: then, decided: now } },
  );
}

function isClosing(command: HistoryCommand): boolean {
  return (
    command.kind === "completed" ||
    command.kind === "failed" ||
    command.kind === "cancelled" ||
    command.kind === "continued"
  );
}

/**
 * Sequence number, kind, name (or update) and target, and a reference, by which others know the activity: what must be
 * equal. Inputs may change, for example by a time stamp.
 */
function describe(command: HistoryCommand): string {
  const seq = "seq" in command ? ` ${command.seq}` : "";
  const name = "name" in command ? ` "${command.name}"` : "";
  const value = "valueId" in command ? ` ${command.valueId}` : "";
  const update = "updateId" in command ? ` "${command.updateId}"` : "";
  const target = "workflowId" in command ? ` to "${command.workflowId ?? ""}"` : "";
  const names = "names" in command ? ` ${command.names.map((each) => `"${each}"`).join(" ")}` : "";
  const reference =
    "reference" in command && command.reference !== undefined ? ` as "${command.reference}"` : "";
  return `${command.kind}${seq}${name}${names}${value}${update}${target}${reference}`;
}
