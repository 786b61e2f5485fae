import { activity, signal, workflow, type WorkflowGenerator } from "heddle";

const sendReminder = activity({
  name: "sendReminder",
  execute: ({ text, nth }: { text: string; nth: number }) => `${nth}: ${text}`,
});

export const reminderActivities = { sendReminder };
export const doneSignal = signal<{ by: string }>("done");

/** A wait with a clock: reminds every so often until somebody says that it is done. */
export const reminder = workflow({ name: "reminder" })
  .activities(reminderActivities)
  .signals({ done: doneSignal })
  .execute(async function* (
    ctx,
    { text, every, atMost = 5 }: { text: string; every: string; atMost?: number },
  ): WorkflowGenerator<{ reminded: number; doneBy: string | undefined }> {
    for (let nth = 0; nth <= atMost; nth += 1) {
      if (nth > 0) yield* ctx.run("sendReminder", { text, nth });
      // The loser of a race leaves nothing behind: a signal that comes later is still there for the next round.
      const done = yield* ctx.race([ctx.waitForSignal("done"), ctx.sleep(every)]);
      if (done !== undefined) return { reminded: nth, doneBy: done.by };
    }
    return { reminded: atMost, doneBy: undefined };
  });
