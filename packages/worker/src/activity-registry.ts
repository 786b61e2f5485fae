import { InvalidArgumentError } from "@heddle/protocol";
import { DEFAULT_QUEUE, type ActivityMap, type AnyActivity } from "@heddle/workflow";

/** The activities that a worker can run, by the name that tickets carry. */
export class ActivityRegistry {
  readonly #byName = new Map<string, AnyActivity>();

  /** Throws `InvalidArgumentError` when two different activities have the same name. */
  constructor(activities: ActivityMap | readonly AnyActivity[]) {
    for (const activity of Object.values(activities)) {
      const known = this.#byName.get(activity.name);
      if (known !== undefined && known !== activity) {
        throw new InvalidArgumentError(
          `two activities are named ${JSON.stringify(activity.name)}; give each a name of its own`,
          { details: { field: "activities" } },
        );
      }
      this.#byName.set(activity.name, activity);
    }
  }

  find(name: string): AnyActivity | undefined {
    return this.#byName.get(name);
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()].sort();
  }

  /** The queues that the activities name for themselves, or the default one when there are none. */
  get queues(): readonly string[] {
    const queues = new Set([...this.#byName.values()].map((activity) => activity.queue));
    return queues.size === 0 ? [DEFAULT_QUEUE] : [...queues].sort();
  }
}
