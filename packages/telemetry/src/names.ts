/**
 * The one list of names that operators search for, alert on and draw. A name is stable: dashboards live longer
 * than code. Log events are the `msg` of a line; what varies is in its fields.
 */
export const LOG_EVENTS = {
  // Worker
  workerReady: "worker ready",
  workerDraining: "worker draining",
  workerStopped: "worker stopped",
  attemptClaimed: "attempt claimed",
  attemptSettled: "attempt settled",
  attemptStale: "attempt stale",
  attemptParked: "attempt waits for a limit",
  attemptAbandoned: "attempt abandoned: its code ignores the abort signal",
  claimRetried: "claim failed, trying again",
  settleRetried: "settlement failed, trying again",
  attemptGivenUp: "attempt given up; its claim lapses",
  heartbeatFailed: "heartbeat failed",
  presenceFailed: "worker could not be announced",
  heartbeatDetailsUnserialisable: "heartbeat details cannot be serialised",
  activityUnknown: "no activity of this name on this worker",
  consumerQuiet: "tickets wait but none is fetched; consumer restarted",

  // Task queue
  ticketsUnconfirmed: "tickets not confirmed by the queue",
  ticketMalformed: "job is not a ticket; dropped",
  ticketHandlerFailed: "ticket handler failed; ticket dropped",
  ticketPutBack: "ticket put back",
  queueError: "task queue error",

  // Ingestion
  foreignJobRetried: "job cannot be accepted now, trying again later",
  foreignJobFailed: "job failed unexpectedly",
  foreignJobRefused: "job refused; it is a dead letter",
  deadLettersDropped: "dead letters dropped to make room",
} as const;

/** Gauges and counters, in Prometheus form. */
export const METRICS = {
  /** Tickets that wait for a worker, per queue. */
  taskQueueBacklog: "heddle_task_queue_backlog",
  /** Attempts that run now, per worker. */
  workerSlotsUsed: "heddle_worker_slots_used",
  workerSlotsTotal: "heddle_worker_slots_total",
  /** Attempts by outcome: completed, failed, retry, returned, stale. */
  workerAttempts: "heddle_worker_attempts_total",
  /** Consumers rebuilt by the watchdog. */
  workerConsumerRestarts: "heddle_worker_consumer_restarts_total",
} as const;
