import type { FastifyReply } from "fastify";
import type { PolledTask, TaskPoller } from "../workers/task-poller.js";

/** Before the reply is sent: tasks that it cannot bring to anybody go back to their queue at once. */
export function giveBackUndelivered(
  reply: FastifyReply,
  poller: TaskPoller,
  tasks: readonly PolledTask[],
): void {
  if (tasks.length === 0) return;
  const { raw } = reply;
  const giveBack = (): void => {
    poller.giveBack(tasks).catch((error: unknown) => {
      reply.log.warn(
        { err: error, tasks: tasks.length },
        "polled tasks could not be given back; they will time out",
      );
    });
  };
  if (raw.destroyed) {
    giveBack();
    return;
  }
  raw.once("close", giveBack);
  // Sent, as far as it can be known here.
  raw.once("finish", () => raw.off("close", giveBack));
}
