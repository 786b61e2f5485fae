import { decodeHistoryRecord } from "@heddle/protocol";

export interface PendingWork {
  readonly activities: readonly number[];
  readonly timers: readonly number[];
  /** Names of signals that some wait has not got yet; more waits than signals of that name. */
  readonly signals: readonly string[];
  readonly steps: readonly number[];
  /** Waits for a condition of the code's own state: any event may meet it. */
  readonly conditions: readonly number[];
  /** Messages to other runs that have not been answered. */
  readonly messages: readonly number[];
  readonly children: readonly number[];
}

/** What a run waits for, told by its history alone, without its code. */
export function pendingWork(records: readonly Uint8Array[]): PendingWork {
  const activities = new Set<number>();
  const timers = new Set<number>();
  const steps = new Set<number>();
  const conditions = new Set<number>();
  const messages = new Set<number>();
  const children = new Set<number>();
  const waits = new Map<string, number>();
  const countWait = (name: string, change: number): void => {
    waits.set(name, (waits.get(name) ?? 0) + change);
  };
  for (const data of records) {
    let record = decodeHistoryRecord(data);
    if (record.kind === "held") record = decodeHistoryRecord(record.event);
    switch (record.kind) {
      case "activity-scheduled":
        activities.add(record.seq);
        break;
      case "activity-completed":
      case "activity-failed":
      case "activity-cancelled":
        activities.delete(record.seq);
        break;
      case "timer-started":
        timers.add(record.seq);
        break;
      case "timer-fired":
      case "timer-cancelled":
        timers.delete(record.seq);
        break;
      case "step-started":
      case "load-started":
        steps.add(record.seq);
        break;
      case "step-completed":
      case "step-failed":
      case "load-completed":
        steps.delete(record.seq);
        break;
      case "condition-awaited":
        conditions.add(record.seq);
        break;
      case "condition-settled":
        conditions.delete(record.seq);
        break;
      case "child-start-requested":
        children.add(record.seq);
        messages.add(record.seq);
        break;
      case "signal-sent":
      case "start-or-signal-sent":
      case "child-cancel-requested":
        messages.add(record.seq);
        break;
      case "message-answered":
        messages.delete(record.seq);
        if (record.answer.outcome === "exists" || record.answer.outcome === "purged")
          children.delete(record.seq);
        break;
      case "child-completed":
      case "child-failed":
        messages.delete(record.seq);
        children.delete(record.seq);
        break;
      case "signal-awaited":
      case "signal-handled":
        countWait(record.name, 1);
        break;
      case "signal":
        countWait(record.name, -1);
        break;
      default:
    }
  }
  const signals = [...waits].filter(([, open]) => open > 0).map(([name]) => name);
  return {
    activities: [...activities],
    timers: [...timers],
    signals,
    steps: [...steps],
    conditions: [...conditions],
    messages: [...messages],
    children: [...children],
  };
}
