/** On SIGTERM ends in order, then exits with 0. */
export function endInOrder(end: () => Promise<void>): void {
  process.once("SIGTERM", () => void end().then(() => process.exit(0)));
}
