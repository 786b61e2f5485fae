/** How the names of signals and updates begin that steer an execution of a definition. */
const STEERING = "conductor.";

/** Whether a signal or update of this name steers an execution: no task takes it, and only `/api` sends it for a caller. */
export function steersExecution(name: string): boolean {
  return name.startsWith(STEERING);
}
