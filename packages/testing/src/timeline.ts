import { InvalidArgumentError } from "@heddle/protocol";
import type { TestEngine, WorkAtHand, WorkflowCollection } from "heddle/testing";

type Host = Pick<TestEngine<WorkflowCollection>, "look" | "moveTo" | "nowMs">;
type Activity = WorkAtHand["activities"][number];

/** Pause between two looks; a look costs about a millisecond. */
const LOOK_AGAIN_MS = 2;

/**
 * Moves virtual time from one due thing to the next. Between two moves everything that can happen happens: events are
 * processed, activities run to their end. So nothing is early, nothing is skipped, and each timer sees its own time.
 */
export class Timeline {
  private readonly firstSeenMs = new Map<string, number>();
  private moving: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly engine: Host,
    private readonly options: {
      /** Names of the activities that can run here. */
      readonly activities: ReadonlySet<string>;
      /** Real time after which an activity that still runs counts as one that waits for time to pass. */
      readonly patienceMs: number;
    },
  ) {}

  /** Resolves when nothing is at work: all that is left waits for time or for somebody outside. */
  async settle(): Promise<WorkAtHand> {
    for (;;) {
      const work = await this.engine.look();
      this.assertServed(work.activities);
      const isDue = work.nextDueMs !== undefined && work.nextDueMs <= this.engine.nowMs();
      const isActive = work.activities.filter((each) => this.isAtWork(each)).length > 0;
      if (!work.inMemory && work.unprocessed === 0 && !isDue && !isActive) return work;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** Moves the time on, stopping at each time at which something is due. */
  advanceBy(ms: number): Promise<void> {
    return this.inTurn(async () => {
      const toMs = this.engine.nowMs() + ms;
      for (let due = await this.nextDue(); due !== undefined && due <= toMs; due = await this.nextDue()) {
        await this.engine.moveTo(due);
      }
      await this.engine.moveTo(toMs);
      await this.settle();
    });
  }

  /** Two callers at once would take each other's time. */
  inTurn<T>(move: () => Promise<T>): Promise<T> {
    const moved = this.moving.then(move);
    this.moving = moved.catch(() => undefined);
    return moved;
  }

  private async nextDue(): Promise<number | undefined> {
    return (await this.settle()).nextDueMs;
  }

  private isAtWork(activity: Activity): boolean {
    if (activity.state === "backing-off") return false;
    const key = `${activity.runId}:${activity.seq}:${activity.attempt}`;
    const firstSeenMs = this.firstSeenMs.get(key) ?? performance.now();
    this.firstSeenMs.set(key, firstSeenMs);
    return performance.now() - firstSeenMs < this.options.patienceMs;
  }

  private assertServed(activities: readonly Activity[]): void {
    const unserved = activities.find(({ name }) => name !== "" && !this.options.activities.has(name));
    if (unserved === undefined) return;
    const { name, workflowId } = unserved;
    throw new InvalidArgumentError(
      `workflow "${workflowId}" runs activity "${name}", which this test has no code for; ` +
        `pass activities: { ${JSON.stringify(name)}: (input) => … } with a stand-in, or the activity itself`,
      { details: { activity: name, workflowId } },
    );
  }
}
