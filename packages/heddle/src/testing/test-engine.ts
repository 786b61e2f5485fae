import type { RedisStore, VirtualTime, WorkInStore } from "@heddle/redis-store";
import type { WorkerOptions } from "@heddle/worker";
import type { EngineOptions } from "../engine-options.js";
import { Engine } from "../engine.js";
import {
  startRuntime,
  type EngineRuntime,
  type RuntimeChanges,
  type RuntimeParts,
} from "../engine-runtime.js";
import type { WorkflowCollection } from "../workflow-types.js";

/** Beyond every test: what only a lost process or a lost queue needs must not become due while time is moved. */
const NEVER_MS = 100 * 365 * 24 * 3_600_000;
/** Soon enough for a cancelled activity to hear of it while a test waits. */
const WORKER_LIVENESS_MS = 400;

export type TestEngineOptions<Workflows extends WorkflowCollection> = EngineOptions<Workflows> &
  Pick<RuntimeChanges, "ids" | "virtualTime">;

/** The state of a `TestEngine` at one moment. */
export interface WorkAtHand extends WorkInStore {
  /** Some code, an inline step or a commit is under way in memory. */
  readonly inMemory: boolean;
}

/**
 * An engine on virtual time, for `@heddle/testing`: the same parts and scripts as a deployed one, on one private
 * server, with a clock that stands still until it is moved.
 */
export class TestEngine<const Workflows extends WorkflowCollection = readonly []> extends Engine<Workflows> {
  private commits = 0;
  private host: EngineRuntime | undefined;

  static override async create<const Workflows extends WorkflowCollection = readonly []>(
    options: TestEngineOptions<Workflows> = {},
  ): Promise<TestEngine<Workflows>> {
    const engine = new TestEngine<Workflows>(options);
    await engine.ready();
    return engine;
  }

  constructor(private readonly testOptions: TestEngineOptions<Workflows> = {}) {
    super({
      ...testOptions,
      coordinator: { ticketCheckMs: NEVER_MS, ...testOptions.coordinator },
      observe: (point, details) => {
        if (point === "coordinator.committed") this.commits++;
        testOptions.observe?.(point, details);
      },
    });
  }

  /** Epoch ms by the virtual clock. */
  nowMs(): number {
    return this.time.nowMs();
  }

  /** Moves the clock on, never back; what becomes due is processed afterwards. */
  async moveTo(toMs: number): Promise<void> {
    await this.time.moveTo(toMs);
  }

  /** What there is to do, in Redis and in memory; consistent, because a look that a commit disturbed counts as work. */
  async look(): Promise<WorkAtHand> {
    const atRest = (): boolean => this.running.coordinator?.isAtRest !== false;
    const { commits } = this;
    const before = atRest();
    const { nextDueMs = Number.POSITIVE_INFINITY, ...work } = await this.time.look();
    return {
      ...work,
      nextDueMs: nextDueMs < this.nowMs() + NEVER_MS / 2 ? nextDueMs : undefined,
      inMemory: !before || !atRest() || commits !== this.commits,
    };
  }

  /** Loses what the coordinator has in memory and not committed, as after a kill and a restart. */
  async crash(): Promise<void> {
    await this.running.coordinator?.crash();
  }

  protected override async launch(parts: RuntimeParts): Promise<EngineRuntime> {
    const { ids, virtualTime = {} } = this.testOptions;
    this.host = await startRuntime(parts, {
      virtualTime,
      workerOptions: livingForEver,
      ...(ids === undefined ? {} : { ids }),
    });
    return this.host;
  }

  private get running(): EngineRuntime {
    if (this.host === undefined)
      throw new TypeError("the test engine is not ready; make it with TestEngine.create");
    return this.host;
  }

  private get time(): VirtualTime {
    const { virtualTime } = this.running.store;
    if (virtualTime === undefined) throw new TypeError("a test engine has virtual time");
    return virtualTime;
  }
}

/** The worker is this process: it says that it lives in real time, which the clock of the workflows leaps over. */
function livingForEver(store: RedisStore): Pick<WorkerOptions, "store" | "livenessMs"> {
  return {
    livenessMs: WORKER_LIVENESS_MS,
    store: { ...store, claim: (request) => store.claim({ ...request, livenessMs: NEVER_MS }) },
  };
}
