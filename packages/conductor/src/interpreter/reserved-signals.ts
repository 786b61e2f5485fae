/** How the names of the signals begin that steer an execution; no task takes these. */
const RESERVED = "conductor.";

export function isReservedSignal(name: string): boolean {
  return name.startsWith(RESERVED);
}
