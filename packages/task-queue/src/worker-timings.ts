/**
 * A ticket whose worker died before its claim comes back after about lock + check. Measured from SIGKILL to the
 * next delivery: 60 s with BullMQ's 30 s / 30 s, 10 s with 10 s / 5 s, 4 s with 5 s / 2 s. A short lock is safe here,
 * because it protects nothing: an event loop blocked for longer only causes a second delivery, which the claim of a ticket, or
 * the id of a job from outside, turns away. One renewal per worker and 1.25 s, for all its jobs.
 */
export const LOCK_MS = 5_000;
export const STALLED_CHECK_MS = 2_000;

/** After a failed fetch. BullMQ's 15 s would make every fail-over a quarter of a minute long. */
export const FETCH_RETRY_MS = 1_000;
