import type { PollStore } from "@heddle/core";
import { activity, type AnyActivity } from "@heddle/workflow";
import { CHOOSE_DOMAIN, type ChooseDomainCall } from "../interpreter/system-calls.js";
import { taskQueueName } from "../interpreter/task-queue-name.js";
import { SYSTEM_TASK_QUEUE } from "../system/system-task-activities.js";

/** Who has not polled for so long is not taken for alive. */
const ALIVE_MS = 10_000;

/** By these executions find out, of several domains for a task, which one has workers. */
export function domainActivities(polls: Pick<PollStore, "lastPollAtMs">): AnyActivity[] {
  return [
    activity<ChooseDomainCall, string | null>({
      ...{ name: CHOOSE_DOMAIN, queue: SYSTEM_TASK_QUEUE },
      execute: async ({ taskType, domains }) => {
        for (const domain of domains) {
          const poll = await polls.lastPollAtMs(taskQueueName(taskType, domain ?? undefined));
          if (poll !== undefined && poll.nowMs - poll.atMs <= ALIVE_MS) return domain;
        }
        return domains.at(-1) ?? null;
      },
    }),
  ];
}
