/** Starts that may wait for the end of a run under `buffer-all`; a tick beyond is dropped and counted. */
export const MAX_BUFFERED = 1_000;
/** Starts that are decided and performed at a time, so that one schedule does not hold up the others. */
export const MAX_STARTS_PER_STEP = 50;
/** Ticks that are decided at a time, for the same reason. */
export const MAX_TICKS_PER_STEP = 100;
/** Runs that a description remembers. */
export const MAX_RECENT = 20;
/** Requests that may wait for the owner. */
export const MAX_WAITING_REQUESTS = 1_000;
/** More often than that is work for a workflow that sleeps. */
export const MIN_INTERVAL_MS = 1_000;
/** A takeover after a kill takes some seconds; a tick must outlast it. */
export const MIN_CATCH_UP_WINDOW_MS = 10_000;
