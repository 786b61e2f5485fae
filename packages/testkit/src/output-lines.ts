export type LinePattern = RegExp | ((line: string) => boolean);

interface Waiter {
  readonly matches: (line: string) => boolean;
  readonly found: (line: string) => void;
  readonly failed: (error: Error) => void;
}

/** The lines a process printed, and whoever waits for one of them. */
export class OutputLines {
  readonly lines: string[] = [];
  readonly #name: string;
  readonly #waiters = new Set<Waiter>();
  #ending: string | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  add(line: string): void {
    this.lines.push(line);
    for (const waiter of this.#waiters) if (waiter.matches(line)) waiter.found(line);
  }

  /** No line comes any more: whoever still waits is told so. */
  close(ending: string): void {
    this.#ending = ending;
    for (const waiter of this.#waiters) waiter.failed(this.#error(`it ${ending}`));
  }

  /** @throws Error with the last lines when the process ends without such a line, or prints none in time */
  async waitFor(pattern: LinePattern, timeoutMs: number): Promise<string> {
    const matches =
      typeof pattern === "function" ? pattern : (line: string): boolean => line.search(pattern) >= 0;
    const printed = this.lines.find(matches);
    if (printed !== undefined) return printed;
    if (this.#ending !== undefined) throw this.#error(`it ${this.#ending}`);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        matches,
        found(line) {
          settle();
          resolve(line);
        },
        failed(error) {
          settle();
          reject(error);
        },
      };
      const timer = setTimeout(
        () => waiter.failed(this.#error(`it did not print ${String(pattern)} within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#waiters.add(waiter);
    });
  }

  tail(): string {
    return this.lines.slice(-40).join("\n");
  }

  #error(reason: string): Error {
    return new Error(`${this.#name}: ${reason}\n${this.tail()}`);
  }
}
