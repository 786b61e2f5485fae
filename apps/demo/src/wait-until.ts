import { setTimeout as pause } from "node:timers/promises";

/** Looks every 20 ms until there is an answer. Throws when there is none in time. */
export async function waitUntil<Answer>(
  what: string,
  withinMs: number,
  look: () => Promise<Answer | undefined>,
): Promise<Answer> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1_000} s: ${what}`);
    await pause(20);
  }
}
