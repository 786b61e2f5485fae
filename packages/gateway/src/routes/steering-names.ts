import { InvalidArgumentError, steersExecution } from "@heddle/protocol";

/**
 * Throws for the name of a signal or update that steers an execution of a definition: these have routes of their own below
 * `/api`, where pausing and ending one take more than the role of who may signal.
 */
export function assertSteersNothing(name: string): void {
  if (!steersExecution(name)) return;
  throw new InvalidArgumentError(
    `${JSON.stringify(name)} steers an execution of a definition; use the routes below /api, see docs/conductor-api.md`,
    { details: { field: "name" } },
  );
}
