import { waitFor } from "@heddle/testkit";
import { monotonicMs } from "../../../processes/effects-ledger.js";
import type { ErrandInput } from "../../../processes/errand.js";
import { runErrand, storeCaller, untilAnswered } from "../../../support/errands.js";
import type { Fleet } from "../../../support/fleet.js";

/** A fixed number of errands under way at once, and when each of them was completed. */
export class ErrandLoad {
  private readonly open = new Set<string>();
  private readonly completedAtMs = new Map<string, number>();
  private started = 0;
  private isStopped = false;
  private lanes: Promise<void> = Promise.resolve();

  constructor(
    private readonly fleet: Fleet,
    private readonly laneCount: number,
  ) {}

  begin(input: ErrandInput): void {
    const lanes = Array.from({ length: this.laneCount }, (_, lane) => this.keepBusy(`lane ${lane}`, input));
    this.lanes = Promise.all(lanes).then(() => undefined);
    // Told by `stop`; when the measurement failed before, that failure is the one to tell.
    this.lanes.catch(() => undefined);
  }

  /** Ids of the runs that are under way now. */
  openRuns(): readonly string[] {
    return [...this.open];
  }

  /** Resolves when all of these are completed, with the monotonic time in ms at which the last one was. */
  async completed(workflowIds: readonly string[]): Promise<number> {
    await waitFor(() => workflowIds.every((id) => this.completedAtMs.has(id)), {
      description: "every run that was open is completed",
      timeoutMs: 60_000,
    });
    return Math.max(...workflowIds.map((id) => this.completedAtMs.get(id) ?? Number.NaN));
  }

  /** Resolves when every errand that was begun is completed. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.lanes;
  }

  private async keepBusy(client: string, input: ErrandInput): Promise<void> {
    const caller = storeCaller(this.fleet.client);
    while (!this.isStopped) {
      const workflowId = `errand-${this.started++}`;
      this.open.add(workflowId);
      await runErrand(caller, this.fleet.journal, { workflowId, client, input });
      await untilAnswered(() => this.fleet.client.result(workflowId));
      this.completedAtMs.set(workflowId, monotonicMs());
      this.open.delete(workflowId);
    }
  }
}
