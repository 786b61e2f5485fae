import { ActivityFailedError } from "@heddle/protocol";
import { causeOf } from "./task-failure.js";

/** What a script or its activity was at fault for; anything else is thrown on. */
export function scriptFailure(error: unknown): string {
  if (error instanceof ActivityFailedError) return causeOf(error).message;
  throw error;
}
