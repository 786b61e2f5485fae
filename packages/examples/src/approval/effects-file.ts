import { appendFile } from "node:fs/promises";
import type { ActivityContext } from "heddle";

/**
 * The outside world of the examples: one line for each time an activity took effect, appended to the file that the
 * worker's EXAMPLE_EFFECTS_FILE names. The worker names it, never the caller, who would else write to any file.
 */
export async function noteEffect(effect: string, orderId: string, context: ActivityContext): Promise<void> {
  const file = process.env["EXAMPLE_EFFECTS_FILE"];
  if (!file) return;
  await appendFile(file, `${JSON.stringify({ effect, orderId, attempt: context.attempt })}\n`);
}
