import type { OverlapPolicy, ScheduleProgress } from "@heddle/protocol";
import { MAX_BUFFERED, MAX_STARTS_PER_STEP } from "./limits.js";

/** `isManual`: of a trigger or a backfill, which neither a pause nor `remainingRuns` holds back. */
export interface WantedStart {
  readonly atMs: number;
  readonly overlap: OverlapPolicy;
  readonly isManual: boolean;
}

/** The progress of a schedule while it is moved on. */
export type Draft = { -readonly [Field in keyof ScheduleProgress]: ScheduleProgress[Field] };

/**
 * Decides what becomes of a start by its overlap policy: performed, buffered, skipped. `false`: it cannot be decided
 * before what is decided so far is performed.
 */
export function decide(draft: Draft, wanted: WantedStart): boolean {
  if (draft.starting.length >= MAX_STARTS_PER_STEP) return false;
  if (wanted.overlap === "allow-all") return perform(draft, wanted);
  if (!isBusy(draft) && nextBuffered(draft) === undefined) return perform(draft, wanted);
  switch (wanted.overlap) {
    case "skip":
      draft.counts.skipped++;
      return true;
    case "buffer-one":
      if (draft.buffered.length === 0) draft.buffered.push(wanted);
      else draft.counts.skipped++;
      return true;
    case "buffer-all":
      if (draft.buffered.length < MAX_BUFFERED) draft.buffered.push(wanted);
      else draft.counts.dropped++;
      return true;
    case "cancel-other":
    case "terminate-other":
      return endOthersFor(draft, wanted);
  }
}

/** Performs what waited for the end of a run, as far as nothing stands in its way any more. */
export function drainBuffer(draft: Draft): void {
  if (isBusy(draft)) return;
  const next = nextBuffered(draft);
  if (next === undefined) return;
  draft.buffered.splice(draft.buffered.indexOf(next), 1);
  perform(draft, next);
  drainBuffer(draft);
}

/** A pause holds back what a tick has buffered. */
function nextBuffered({ buffered, paused }: Draft): WantedStart | undefined {
  return buffered.find(({ isManual }) => isManual || !paused);
}

/** A tick that is decided but not yet known to be started stands in the way like an open run. */
function isBusy({ running, starting }: Draft): boolean {
  return running.length > 0 || starting.some(({ overlap }) => overlap !== "allow-all");
}

function perform(draft: Draft, { atMs, overlap, isManual }: WantedStart): true {
  if (!isManual && draft.remainingRuns !== undefined) {
    if (draft.remainingRuns === 0) {
      draft.counts.skipped++;
      return true;
    }
    draft.remainingRuns--;
  }
  draft.lastStart++;
  draft.starting.push({ number: draft.lastStart, atMs, overlap });
  return true;
}

/** The newest such start takes the place of those that wait for the same end. */
function endOthersFor(draft: Draft, wanted: WantedStart): boolean {
  const isStarting = draft.starting.some(({ overlap }) => overlap !== "allow-all");
  if (isStarting) return false;
  const stays = draft.buffered.filter(({ overlap }) => !overlap.endsWith("-other"));
  draft.counts.skipped += draft.buffered.length - stays.length;
  draft.buffered = [wanted, ...stays];
  const by = wanted.overlap === "cancel-other" ? "cancel" : "terminate";
  draft.ending = draft.running.map((run) => ({ ...run, by }));
  return true;
}
