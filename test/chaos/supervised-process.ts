import { type SpawnedProcess, waitFor } from "@heddle/testkit";
import type { Fleet, Part, PartOptions } from "../support/fleet.js";

/** One place of the fleet: whenever its process ends, another takes its place, as a service manager would see to. */
export class SupervisedProcess {
  /** Ends that nobody brought about. */
  readonly unprovoked: string[] = [];
  #current: SpawnedProcess | undefined;
  #isClosing = false;
  #nextOptions: PartOptions = {};

  constructor(
    readonly part: Part,
    private readonly fleet: Fleet,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    void this.#run();
  }

  /** The process, when it is ready. */
  get current(): SpawnedProcess | undefined {
    return this.#current;
  }

  /** How the process that comes after the present one is told to break. */
  breakNext(options: PartOptions): void {
    this.#nextOptions = options;
  }

  async ready(): Promise<SpawnedProcess> {
    return waitFor(() => this.#current, { description: `${this.part} is ready`, timeoutMs: 60_000 });
  }

  /** No successor any more; the present process runs on. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    await this.ready();
    this.#isClosing = true;
  }

  async #run(): Promise<void> {
    while (!this.#isClosing) {
      const options = this.#nextOptions;
      this.#nextOptions = {};
      const started = await this.fleet.start(this.part, { ...options, env: this.env }).catch(() => undefined);
      // Without Redis a process ends before it is ready; its manager starts it again.
      if (started === undefined) continue;
      this.#current = started;
      const exit = await started.exited;
      this.#current = undefined;
      if (exit.signal !== "SIGKILL" && exit.code !== 0 && !this.#isClosing) {
        this.unprovoked.push(
          `${this.part} ended with ${String(exit.code)}: ${started.lines.slice(-8).join("\n")}`,
        );
      }
    }
  }
}
