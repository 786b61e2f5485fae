import { signal, workflow } from "heddle";

export const note = signal<number>("note");

/** Takes as many notes as it is told to and returns them in the order in which it got them. */
export const collectNotes = workflow({ name: "collect-notes" }).execute(async function* (
  ctx,
  input: { count: number },
) {
  const notes: number[] = [];
  while (notes.length < input.count) notes.push(yield* ctx.waitForSignal(note));
  return notes;
});
