import { startEmbeddedRedis } from "@heddle/embedded-redis";
import { durationMs, InvalidArgumentError, isClosedStatus, type Duration } from "@heddle/protocol";
import { createLogger, type Logger } from "@heddle/telemetry";
import type { Engine, WorkflowHandle } from "heddle";
import { TestEngine, type WorkflowCollection } from "heddle/testing";
import { CallLog, type ActivityCall } from "./call-log.js";
import { standInActivities, type StandIns } from "./stand-ins.js";
import { Timeline } from "./timeline.js";

export interface TestEnvironmentOptions<Workflows extends WorkflowCollection> {
  readonly workflows: Workflows;
  /**
   * What runs when a workflow runs an activity: a stand-in `(input, context) => result` by name, or the activity
   * itself. An activity that is not named here fails the test that runs it.
   */
  readonly activities?: StandIns<Workflows>;
  /** When the virtual time begins. Default: now. */
  readonly startTime?: Date | number;
  /**
   * Real time after which an activity that still runs counts as one that waits for time to pass, so that its timeouts
   * can be tested. Default 1 s.
   */
  readonly activityPatience?: Duration;
  /** Default: errors only, to standard output. */
  readonly log?: Logger;
}

/**
 * Workflows under test: an engine in this process, with the production scripts on a Redis server of its own, whose time
 * stands still until the test moves it. Make one per test or per file; they share nothing. End it with `shutdown()` or
 * declare it with `await using`.
 */
export class TestEnvironment<const Workflows extends WorkflowCollection> {
  private constructor(
    /** Starts, signals and queries, as in production. */
    readonly engine: Engine<Workflows>,
    private readonly parts: {
      readonly host: TestEngine<Workflows>;
      readonly timeline: Timeline;
      readonly calls: CallLog;
      end(): Promise<void>;
    },
  ) {}

  /**
   * Starts the server and the engine. Errors: `InvalidArgumentError` for bad options, and those of the server, such as
   * `RedisUnavailableError` when there is none to run.
   */
  static async create<const Workflows extends WorkflowCollection>(
    options: TestEnvironmentOptions<Workflows>,
  ): Promise<TestEnvironment<Workflows>> {
    const { workflows, startTime, log = createLogger({ name: "test", level: "error" }) } = options;
    const patienceMs = durationMs(options.activityPatience ?? "1s", "activityPatience");
    const calls = new CallLog();
    const activities = standInActivities(options.activities ?? {}, Object.values(workflows), calls);
    const redis = await startEmbeddedRedis({ ephemeral: true, extraArguments: ["--appendonly", "no"] });
    try {
      const host = await TestEngine.create<Workflows>({
        ...{ url: redis.url, partitions: 1, drainMs: 0, workflows, activities, log },
        virtualTime: startTime === undefined ? {} : { startAtMs: Number(startTime) },
      });
      const names = new Set(activities.map(({ name }) => name));
      const end = async (): Promise<void> => {
        await host.shutdown();
        await redis.stop();
      };
      const timeline = new Timeline(host, { activities: names, patienceMs });
      return new TestEnvironment<Workflows>(host, { host, timeline, calls, end });
    } catch (error) {
      await redis.stop();
      throw error;
    }
  }

  /** The virtual time, epoch ms: what `ctx.now()` tells a workflow that is moved now. */
  now(): number {
    return this.parts.host.nowMs();
  }

  /**
   * Lets that much time pass. Everything that becomes due meanwhile happens, in the order of its due times and each at
   * its own: timers, timeouts, retries, deadlines. Resolves when it is processed and the workflows wait again.
   * Throws `InvalidArgumentError` when a workflow runs an activity that the test has no code for.
   */
  async advanceTime(duration: Duration): Promise<void> {
    await this.parts.timeline.advanceBy(durationMs(duration, "advanceTime"));
  }

  /** Resolves when all that can happen without time passing has happened: workflows wait, activities have ended. */
  async settle(): Promise<void> {
    await this.parts.timeline.settle();
  }

  /**
   * Lets as much time pass as the workflow needs to end, and resolves to its result; rejects as `handle.result()`
   * does, and with `InvalidArgumentError` when time alone does not end it.
   */
  async runToCompletion<Output>(handle: WorkflowHandle<Output>): Promise<Output> {
    const { host, timeline } = this.parts;
    await timeline.inTurn(async () => {
      for (;;) {
        const { nextDueMs } = await timeline.settle();
        const { status, heldReason } = await handle.describe();
        if (isClosedStatus(status)) return;
        if (nextDueMs === undefined || heldReason !== undefined) throw stuck(handle.id, heldReason);
        await host.moveTo(nextDueMs);
      }
    });
    return handle.result();
  }

  /** What the activity of that name was called with so far, in order; a retry is a call of its own. */
  calls(activity: string): readonly ActivityCall[] {
    return this.parts.calls.of(activity);
  }

  /** Ends the engine and its server. Safe to repeat. */
  async shutdown(): Promise<void> {
    await this.parts.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

function stuck(workflowId: string, heldReason: string | undefined): InvalidArgumentError {
  const reason = heldReason ?? "nothing is due, so it waits for a signal or an update";
  return new InvalidArgumentError(`workflow "${workflowId}" does not end by time alone: ${reason}`, {
    details: { workflowId },
  });
}
