import type { QueueStore } from "@heddle/core";
import type { Log } from "@heddle/workflow";

/** Well within the week for which a note lasts. */
const AGAIN_MS = 10 * 60_000;
const MOST_REMEMBERED = 1_000;

/** Says which queues get tickets, so that one without workers is listed too. Each at most once in ten minutes. */
export class QueueNotes {
  /** When each was noted, by a clock that only runs forward. */
  private readonly notedAt = new Map<string, number>();

  constructor(
    private readonly store: Pick<QueueStore, "noteQueue">,
    private readonly log: Log,
  ) {}

  /** Never throws: a note that fails is made with the next tickets. */
  note(queue: string): void {
    const now = performance.now();
    const notedAt = this.notedAt.get(queue);
    if (notedAt !== undefined && now - notedAt < AGAIN_MS) return;
    if (this.notedAt.size >= MOST_REMEMBERED) this.notedAt.clear();
    this.notedAt.set(queue, now);
    this.store.noteQueue(queue).catch((error: unknown) => {
      this.notedAt.delete(queue);
      this.log.debug("a queue could not be noted; trying again", { queue, error: String(error) });
    });
  }
}
