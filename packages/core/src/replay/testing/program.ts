import {
  workflow,
  query,
  type AnyWorkflow,
  type Branch,
  type ChildOptions,
  type OffloadedValue,
  type Operation,
  type Saga,
  type WorkflowContext,
  type WorkflowGenerator,
} from "@heddle/workflow";

/** Workflow code as data, so that tests can draw it at random and shrink it. */
export type Program =
  | { readonly do: "run"; readonly activity: string; readonly reference?: string | undefined }
  | { readonly do: "step"; readonly fails: boolean }
  | { readonly do: "sleep" | "offload" }
  /** One of the values that were offloaded so far; when there is none yet, one is. */
  | { readonly do: "load"; readonly pick: number }
  | { readonly do: "wait"; readonly signal: string; readonly timesOut: boolean }
  | { readonly do: "until"; readonly traceLength: number }
  | { readonly do: "handle"; readonly signal: string; readonly sleeps: boolean }
  | { readonly do: "version"; readonly id: string }
  | { readonly do: "set"; readonly attribute: string }
  | { readonly do: "throw" }
  | { readonly do: "send" }
  | {
      readonly do: "child";
      readonly cancellation: NonNullable<ChildOptions["cancellation"]>;
      /** Only starts it, and awaits no result. */
      readonly startsOnly: boolean;
    }
  | { readonly do: "toss"; readonly heads: Program; readonly tails: Program }
  | { readonly do: "sequence"; readonly parts: readonly Program[] }
  | { readonly do: "all" | "allSettled" | "race"; readonly branches: readonly ProgramBranch[] }
  | {
      readonly do: "map";
      readonly branches: readonly ProgramBranch[];
      readonly concurrency: number;
      /** Absent: no policy. */
      readonly tolerated: number | undefined;
    }
  | {
      readonly do: "scope";
      readonly body: Program;
      readonly timesOut: boolean;
      readonly shielded: boolean;
    }
  | {
      readonly do: "saga";
      readonly steps: readonly { readonly step: ProgramBranch; readonly undo: ProgramBranch }[];
      readonly end: Program;
    }
  | { readonly do: "try"; readonly body: Program; readonly handler: Program };

export interface ProgramBranch {
  readonly program: Program;
  /** Handed over as a bare operation where the program is one, else as a generator of its own. */
  readonly bare: boolean;
}

export interface ProgramOptions {
  /** Whether the workflow and its branches are async generators. */
  readonly async: boolean;
  /** Signals of which the rest is taken when the program is over and `END_SIGNAL` has come. */
  readonly drain?: readonly string[];
}

/** Says that no other signal will come. */
export const END_SIGNAL = "end";

/** Every program takes it: a plain effect for an even input, an activity for an odd one. */
export const UPDATE = "audit";

/** Everything that the code saw, in order: what happened, and when by its own clock. */
export type Trace = readonly (readonly [what: string, value: unknown, nowMs: number])[];
export const traceQuery = query<Trace>("trace");

export interface UndoReport {
  readonly openShields: number;
  /** Steps of sagas that did not succeed, by number, in the order in which they are to be undone. */
  readonly toUndo: readonly string[];
  readonly undone: readonly string[];
}
export const undoQuery = query<UndoReport>("undo");

/** A workflow that runs the program and answers `traceQuery`; it returns the trace when it has a drain. */
export function workflowOf(program: Program, options: ProgramOptions): AnyWorkflow {
  const main = function* (ctx: WorkflowContext) {
    const code = new Interpreter(ctx, options);
    ctx.onQuery(traceQuery, () => [...code.trace]);
    ctx.onUpdate({ name: UPDATE }, (input: number) => code.audit(input));
    ctx.onQuery(undoQuery, () => code.undoReport());
    if (options.drain === undefined) return yield* code.perform(program);
    yield* code.perform({ do: "try", body: program, handler: { do: "sequence", parts: [] } });
    // Shielded code of branches that lost goes on beside this, and still takes signals.
    do yield* code.drain(END_SIGNAL, { atMost: 1 });
    while (code.openShields > 0);
    for (const signal of options.drain) yield* code.drain(signal, { timeout: 1 });
    return code.trace;
  };
  const builder = workflow({ name: "random-program" });
  if (!options.async) return builder.execute(main);
  return builder.execute(async function* (ctx) {
    return yield* main(ctx);
  });
}

class Interpreter {
  readonly trace: [what: string, value: unknown, nowMs: number][] = [];
  openShields = 0;
  private readonly references: OffloadedValue<unknown>[] = [];
  private readonly sagas: { done: string[]; undone: string[]; isKept: boolean }[] = [];

  constructor(
    private readonly ctx: WorkflowContext,
    private readonly options: ProgramOptions,
  ) {}

  *perform(program: Program): Generator<Operation<unknown>, unknown> {
    switch (program.do) {
      case "throw":
        throw new RangeError("thrown by the program");
      case "handle":
        this.handle(program);
        return undefined;
      case "version":
        this.note(`version ${program.id}`, this.ctx.getVersion(program.id, 0, 2));
        return undefined;
      case "set":
        this.ctx.setAttribute(program.attribute, this.trace.length);
        if (program.attribute === "x") this.ctx.setMemo([...this.trace]);
        return undefined;
      case "toss":
        return yield* this.perform(this.ctx.random() < 0.5 ? program.heads : program.tails);
      case "sequence": {
        const values: unknown[] = [];
        for (const part of program.parts) values.push(yield* this.perform(part));
        return values;
      }
      case "try":
        try {
          return yield* this.perform(program.body);
        } catch (error) {
          this.note("caught", (error as Error).name);
          return yield* this.perform(program.handler);
        }
      default: {
        const value = yield* this.operation(program);
        if (isReference(value)) this.references.push(value);
        this.note(labelOf(program), plain(value));
        return value;
      }
    }
  }

  /** What an update does: seen in the trace, together with what the program does beside it. */
  audit(input: number): WorkflowGenerator<unknown> | number {
    this.note("update", input);
    if (input % 2 === 0) return input;
    const generator = this.perform({ do: "run", activity: "audit" });
    return this.options.async ? asynchronous(generator) : generator;
  }

  /** Takes signals of that name until a wait times out, undisturbed by a cancellation. */
  *drain(
    signal: string,
    options: { timeout?: number; atMost?: number },
  ): Generator<Operation<unknown>, void> {
    const { atMost = Number.POSITIVE_INFINITY, ...waitOptions } = options;
    for (let taken = 0; taken < atMost;) {
      try {
        this.note(`wait ${signal}`, yield* this.ctx.waitForSignal(signal, waitOptions));
        taken++;
      } catch (error) {
        if ((error as Error).name === "SignalTimedOutError") return;
      }
    }
  }

  private handle({ signal, sleeps }: Program & { do: "handle" }): void {
    const { ctx, options } = this;
    const handled = (payload: unknown): void => this.note(`handled ${signal}`, payload);
    function* sleepy(payload: unknown) {
      handled(payload);
      yield* ctx.sleep("1s");
    }
    if (!sleeps) ctx.onSignal(signal, handled);
    else ctx.onSignal(signal, options.async ? (payload) => asynchronous(sleepy(payload)) : sleepy);
  }

  private operation(program: Program & { do: OperationKind }): Operation<unknown> {
    const { ctx } = this;
    switch (program.do) {
      case "run":
        return ctx.run(
          program.activity,
          [this.trace.length, ctx.uuid()],
          program.reference === undefined ? {} : { reference: program.reference },
        );
      case "step":
        return ctx.step("step", () => {
          if (program.fails) throw new TypeError("thrown by a step");
          return "stepped";
        });
      case "offload":
        return ctx.offload([this.trace.length, ctx.uuid()]);
      case "load": {
        const reference = this.references[program.pick % this.references.length];
        return reference === undefined ? ctx.offload(program.pick) : ctx.load(reference);
      }
      case "sleep":
        return ctx.sleep("1s");
      case "wait":
        return ctx.waitForSignal(program.signal, program.timesOut ? { timeout: "1s" } : {});
      case "send":
        return ctx.signalWorkflow("other", "note", this.trace.length);
      case "child": {
        const { cancellation, startsOnly } = program;
        const call = ["part", this.trace.length, { cancellation }] as const;
        return startsOnly ? ctx.startChild(...call) : ctx.runChild(...call);
      }
      case "until":
        return ctx.waitUntil(() => this.trace.length >= program.traceLength, { timeout: "1s" });
      case "all":
        return ctx.all(program.branches.map((branch) => this.branch(branch)));
      case "allSettled":
        return ctx.allSettled(program.branches.map((branch) => this.branch(branch)));
      case "race":
        return ctx.race(program.branches.map((branch) => this.branch(branch)));
      case "map": {
        const { branches, concurrency, tolerated } = program;
        const work = (branch: ProgramBranch) => this.branch(branch);
        return tolerated === undefined
          ? ctx.map(branches, work, { concurrency })
          : ctx.map(branches, work, { concurrency, toleratedFailures: tolerated });
      }
      case "scope": {
        const { body, timesOut, shielded } = program;
        const code = () => this.generator(shielded ? this.shielded(body) : this.perform(body));
        return ctx.scope(code, { shielded, ...(timesOut ? { timeout: "1s" } : {}) });
      }
      case "saga":
        return ctx.saga((saga) => this.generator(this.sagaCode(saga, program)));
    }
  }

  private *sagaCode(saga: Saga, program: Program & { do: "saga" }): Generator<Operation<unknown>, unknown> {
    const record = { done: [] as string[], undone: [] as string[], isKept: false };
    const number = this.sagas.push(record);
    for (const [index, { step, undo }] of program.steps.entries()) {
      const name = `${number}.${index}`;
      yield* saga.run(this.branch(step), () => {
        record.undone.push(name);
        return this.generator(this.shielded(undo.program));
      });
      // A cancellation that comes after the step had succeeded is seen at the next await, not here.
      record.done.push(name);
    }
    const result = yield* this.perform(program.end);
    record.isKept = true;
    return result;
  }

  undoReport(): UndoReport {
    const failed = this.sagas.filter(({ isKept }) => !isKept);
    const kept = this.sagas.filter(({ isKept }) => isKept);
    return {
      openShields: this.openShields,
      toUndo: failed.flatMap(({ done }) => [...done].reverse()),
      undone: [...failed, ...kept].flatMap(({ undone }) => undone),
    };
  }

  private *shielded(program: Program): Generator<Operation<unknown>, unknown> {
    this.openShields++;
    try {
      return yield* this.perform(program);
    } finally {
      this.openShields--;
    }
  }

  private branch({ program, bare }: ProgramBranch): Branch<unknown> {
    if (bare && isOperation(program)) return this.operation(program);
    return this.generator(this.perform(program));
  }

  private generator(generator: Generator<Operation<unknown>, unknown>): WorkflowGenerator<unknown> {
    return this.options.async ? asynchronous(generator) : generator;
  }

  private note(what: string, value: unknown): void {
    this.trace.push([what, value, this.ctx.now()]);
  }
}

const OPERATION_KINDS = [
  ...(["run", "step", "offload", "load", "sleep", "wait", "until", "send", "child"] as const),
  ...(["all", "allSettled", "race", "map", "scope", "saga"] as const),
];
type OperationKind = (typeof OPERATION_KINDS)[number];

function isOperation(program: Program): program is Program & { do: OperationKind } {
  return (OPERATION_KINDS as readonly string[]).includes(program.do);
}

function isReference(value: unknown): value is OffloadedValue<unknown> {
  return typeof value === "object" && value !== null && "valueId" in value;
}

/** Errors among the outcomes by their name: a trace is compared as text. */
function plain(value: unknown): unknown {
  if (value instanceof Error) return value.name;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || !("status" in value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

function labelOf(program: Program): string {
  return program.do === "wait" ? `wait ${program.signal}` : program.do;
}

async function* asynchronous(
  generator: Generator<Operation<unknown>, unknown>,
): AsyncGenerator<Operation<unknown>, unknown> {
  await Promise.resolve();
  return yield* generator;
}
