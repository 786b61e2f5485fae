// The workflow of the saga kill test: three bookings, a failure, and each booking undone by an activity.
import { workflow } from "heddle";
import { act } from "./errand.js";

export interface TripInput {
  /** How long each activity takes. */
  readonly workMs: number;
}

const BOOKINGS = ["flight", "hotel", "car"] as const;

/** What the activities of a trip do, in this order. */
export const EFFECTS_OF_TRIP = [
  ...BOOKINGS,
  ...[...BOOKINGS].reverse().map((booking) => `cancel ${booking}`),
];

export const trip = workflow({ name: "trip" }).execute(async function* (ctx, { workMs }: TripInput) {
  yield* ctx.saga(async function* (saga) {
    for (const booking of BOOKINGS) {
      yield* saga.run(ctx.run(act, { label: booking, workMs }), () =>
        ctx.run(act, { label: `cancel ${booking}`, workMs }),
      );
    }
    throw new Error("the card was declined");
  });
});
