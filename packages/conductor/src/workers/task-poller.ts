import type { ActivityPoller, PolledActivity, PollStore } from "@heddle/core";
import { InvalidArgumentError } from "@heddle/protocol";
import { LRUCache } from "lru-cache";
import { isJsonMap, type JsonMap } from "../definition/json-bean.js";
import { SECRET_PATHS, revealSecrets } from "../expression/secrets.js";
import type { SecretPath } from "../expression/resolve.js";
import { taskQueueName } from "../interpreter/task-queue-name.js";
import { polledTask } from "./polled-task.js";

export interface TaskPoll {
  readonly taskType: string;
  readonly domain?: string | undefined;
  readonly workerId: string;
  readonly count: number;
  readonly waitMs: number;
  readonly stop: AbortSignal;
}

/** A task that was handed out, as its worker gets it. */
export interface PolledTask {
  readonly task: JsonMap;
  readonly activity: PolledActivity;
}

/** What of a poll is remembered for people and for domains is written once in this time. */
const NOTE_EVERY_MS = 1_000;
/** In the queue of a task type, and no task of a definition: other workers may know it. */
const FOREIGN_DELAY_MS = 5_000;

/** Hands tasks of definitions out to workers that poll. */
export class TaskPoller {
  readonly #noted = new LRUCache<string, true>({ max: 10_000, ttl: NOTE_EVERY_MS });

  constructor(
    private readonly parts: {
      readonly poller: ActivityPoller;
      readonly polls: Pick<PollStore, "notePoll">;
      readonly secrets: Readonly<Record<string, string>>;
    },
  ) {}

  async poll({ taskType, domain, workerId, ...demand }: TaskPoll): Promise<PolledTask[]> {
    if (taskType === "") throw new InvalidArgumentError("the task type is empty; name one");
    const queue = taskQueueName(taskType, domain);
    await this.#note({ queue, label: JSON.stringify([taskType, domain ?? null]), poller: workerId });
    const polled = await this.parts.poller.poll({ queue, worker: workerId, ...demand });
    const tasks = await Promise.all(polled.map((activity) => this.#handedOver(activity, workerId)));
    return tasks.filter((task) => task !== undefined);
  }

  /** Nobody got it: it is in its queue again. */
  async giveBack(tasks: readonly PolledTask[]): Promise<void> {
    const { poller } = this.parts;
    await Promise.all(tasks.map(({ activity }) => poller.giveBack(activity, "its poller hung up")));
  }

  async #handedOver(activity: PolledActivity, workerId: string): Promise<PolledTask | undefined> {
    const { input, claimedAtMs: atMs } = activity;
    if (!isJsonMap(input) || typeof input["taskId"] !== "string") {
      await this.parts.poller.giveBack(activity, "it is no task of a definition", FOREIGN_DELAY_MS);
      return undefined;
    }
    const { [SECRET_PATHS]: paths = [], ...task } = input;
    // Within the input of the task.
    const inputData = revealSecrets(task["inputData"], paths as readonly SecretPath[], this.parts.secrets);
    return { task: polledTask({ ...task, inputData }, { workerId, atMs }), activity };
  }

  async #note(poll: { readonly queue: string; readonly label: string; readonly poller: string }) {
    const key = `${poll.label} ${poll.poller}`;
    if (this.#noted.has(key)) return;
    this.#noted.set(key, true);
    // Nothing is lost without it, and the worker gets its task.
    await this.parts.polls.notePoll(poll).catch(() => this.#noted.delete(key));
  }
}
