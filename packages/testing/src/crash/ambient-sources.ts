import { AsyncLocalStorage } from "node:async_hooks";
import type { AnyWorkflow, WorkflowContext, WorkflowGenerator } from "@heddle/workflow";

/** Longer than half a day and odd, so that hours, weekdays and parity all change. */
const CLOCK_STEP_MS = 45_296_789;
/** Of the golden ratio: shifts that fill the interval evenly, however many there are. */
const RANDOM_STEP = 0.618_033_988_749_895;
const FIRST_RANDOM = 0.371;
const FIRST_DISTURBED_RUN = 2;

interface Execution {
  readonly number: number;
  draws: number;
}

/** What is the same whenever the code is executed, by what is not. */
const INSTEAD = {
  "Math.random()": "ctx.random()",
  "Date.now()": "ctx.now()",
  "new Date()": "new Date(ctx.now())",
} as const;
type AmbientSource = keyof typeof INSTEAD;

/**
 * Gives workflow code another clock and other random numbers each time it is executed anew: what a real restart does
 * rarely, or by little. So code whose path depends on them takes another path when it is rebuilt. Only code of the
 * workflows it wraps is affected: engine, activities and inline steps go on with the real ones.
 */
export class AmbientSources {
  private readonly used = new Set<AmbientSource>();
  private readonly execution = new AsyncLocalStorage<Execution | undefined>();
  private executions = 0;
  private runs = 0;
  private readonly startMs = Date.now();

  /** What the workflow code has read so far, and what to use instead. */
  get advice(): string {
    if (this.used.size === 0) return "";
    const advice = [...this.used].map((source) => `${source}: use ${INSTEAD[source]}`);
    return `; outside of ctx.step the code read ${advice.join(", ")}`;
  }

  /** Until the returned function is called. */
  install(): () => void {
    const { Date: RealDate } = globalThis;
    const { random } = Math;
    const nowMs = (source: AmbientSource): number | undefined => {
      const execution = this.execution.getStore();
      if (execution === undefined) return undefined;
      this.used.add(source);
      return this.startMs + execution.number * CLOCK_STEP_MS;
    };
    globalThis.Date = new Proxy(RealDate, {
      construct: (target, args: [], newTarget) => {
        const ms = args.length === 0 ? nowMs("new Date()") : undefined;
        return Reflect.construct(target, ms === undefined ? args : [ms], newTarget) as object;
      },
      get: (target, property, receiver) =>
        property === "now"
          ? () => nowMs("Date.now()") ?? target.now()
          : (Reflect.get(target, property, receiver) as unknown),
    });
    Math.random = () => {
      const execution = this.execution.getStore();
      if (execution === undefined) return random.call(Math);
      this.used.add("Math.random()");
      return (FIRST_RANDOM + execution.draws++ * RANDOM_STEP + this.shiftOf(execution)) % 1;
    };
    return () => {
      globalThis.Date = RealDate;
      Math.random = random;
    };
  }

  /** The next run begins: its first execution reads what that of the run before read. */
  beginRun(): void {
    this.executions = 0;
    this.runs++;
  }

  /** A half tells two equal chances apart for certain; the rest comes near every other threshold in some run. */
  private shiftOf({ number }: Execution): number {
    return number === 0 ? 0 : number / 2 + (this.runs - FIRST_DISTURBED_RUN) * RANDOM_STEP;
  }

  /** The workflow, its code known as such wherever it runs: in branches, scopes and handlers too. */
  watched(workflow: AnyWorkflow): AnyWorkflow {
    return {
      ...workflow,
      run: (context, input) => {
        const inside = this.inside({ number: this.executions++, draws: 0 });
        const run = inside(workflow.run.bind(workflow)) as AnyWorkflow["run"];
        return run(this.watchedContext(context, inside), input) as WorkflowGenerator<never>;
      },
    };
  }

  private watchedContext(context: WorkflowContext, inside: Wrap): WorkflowContext {
    return new Proxy(context, {
      get: (target, property) => {
        const member: unknown = Reflect.get(target, property, target);
        // What steps do is recorded, so they may read what they like.
        if (typeof member !== "function" || property === "step" || property === "run")
          return bound(member, target);
        return (...args: unknown[]): unknown => Reflect.apply(member, target, args.map(inside));
      },
    });
  }

  /** Wraps code that a workflow hands over: functions, generators, lists of them. Everything else stays as it is. */
  private inside(execution: Execution): Wrap {
    const within = <T>(call: () => T): T => this.execution.run(execution, call);
    const wrap: Wrap = (value) => {
      if (Array.isArray(value)) return value.map(wrap);
      if (typeof value === "function") {
        return (...args: unknown[]): unknown =>
          wrap(within(() => Reflect.apply(value, undefined, args) as unknown));
      }
      return isGenerator(value) ? watchedGenerator(value, within) : value;
    };
    return wrap;
  }
}

type Wrap = (value: unknown) => unknown;
type AnyGenerator = Generator<unknown, unknown, unknown>;

function watchedGenerator(generator: AnyGenerator, within: <T>(call: () => T) => T): AnyGenerator {
  return new Proxy(generator, {
    get: (target, property) => {
      const member: unknown = Reflect.get(target, property, target);
      if (property !== "next" && property !== "throw" && property !== "return") return bound(member, target);
      return (value: unknown) => within(() => target[property](value));
    },
  });
}

function bound(member: unknown, target: object): unknown {
  return typeof member === "function" ? (member.bind(target) as unknown) : member;
}

function isGenerator(value: unknown): value is AnyGenerator {
  return typeof value === "object" && value !== null && "next" in value && "throw" in value;
}
