import fc from "fast-check";
import type { Program, ProgramBranch } from "./program.js";

export const SIGNAL_NAMES = ["a", "b"] as const;

const leaf: fc.Arbitrary<Program> = fc.oneof(
  fc.record({ do: fc.constant("sleep" as const) }),
  fc.record({
    do: fc.constant("run" as const),
    activity: fc.constantFrom("charge", "ship"),
    reference: fc.constantFrom(undefined, undefined, "m", "n"),
  }),
  fc.record({
    do: fc.constant("wait" as const),
    signal: fc.constantFrom(...SIGNAL_NAMES),
    timesOut: fc.boolean(),
  }),
  fc.record({ do: fc.constant("step" as const), fails: fc.boolean() }),
  fc.record({ do: fc.constant("offload" as const) }),
  fc.record({ do: fc.constant("load" as const), pick: fc.nat({ max: 3 }) }),
  fc.record({ do: fc.constant("until" as const), traceLength: fc.nat({ max: 8 }) }),
  fc.record({
    do: fc.constant("handle" as const),
    signal: fc.constantFrom(...SIGNAL_NAMES),
    sleeps: fc.boolean(),
  }),
  fc.record({ do: fc.constant("version" as const), id: fc.constantFrom("x", "y") }),
  fc.record({ do: fc.constant("set" as const), attribute: fc.constantFrom("x", "y") }),
  fc.record({ do: fc.constant("throw" as const) }),
  fc.record({ do: fc.constant("send" as const) }),
  fc.record({
    do: fc.constant("child" as const),
    cancellation: fc.constantFrom(
      ...(["abandon", "try-cancel"] as const),
      ...(["wait-cancellation-requested", "wait-cancellation-completed"] as const),
    ),
    startsOnly: fc.boolean(),
  }),
);

/** Programs of a few operations, nested a few levels deep. `bare` false: every branch is a generator. */
export function arbitraryProgram({ bare }: { bare: boolean }): fc.Arbitrary<Program> {
  return fc.letrec<{ program: Program; branch: ProgramBranch }>((tie) => ({
    branch: fc.record({ program: tie("program"), bare: bare ? fc.boolean() : fc.constant(false) }),
    program: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { weight: 4, arbitrary: leaf },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant("sequence" as const),
          parts: fc.array(tie("program"), { maxLength: 4 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("all" as const),
          branches: fc.array(tie("branch"), { maxLength: 3 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant("race" as const),
          branches: fc.array(tie("branch"), { minLength: 1, maxLength: 3 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("allSettled" as const),
          branches: fc.array(tie("branch"), { maxLength: 3 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("map" as const),
          branches: fc.array(tie("branch"), { maxLength: 4 }),
          concurrency: fc.integer({ min: 1, max: 3 }),
          tolerated: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("scope" as const),
          body: tie("program"),
          timesOut: fc.boolean(),
          shielded: fc.boolean(),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("saga" as const),
          steps: fc.array(fc.record({ step: tie("branch"), undo: tie("branch") }), { maxLength: 3 }),
          end: tie("program"),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("try" as const),
          body: tie("program"),
          handler: tie("program"),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("toss" as const),
          heads: tie("program"),
          tails: tie("program"),
        }),
      },
    ),
  })).program;
}

/** What happens next to a run, as far as it can: `pick` chooses among what is pending. */
export interface Choice {
  readonly happens:
    | "activity completes"
    | "activity fails"
    | "timer fires"
    | "step ends"
    | "message answered"
    | "child ends"
    | "signal"
    | "update"
    | "cancel";
  readonly pick: number;
}

export const arbitraryChoices: fc.Arbitrary<Choice[]> = fc.array(
  fc.record({
    happens: fc.oneof(
      { weight: 4, arbitrary: fc.constant("signal" as const) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ...(["activity completes", "timer fires", "message answered", "child ends"] as const),
        ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom("activity fails" as const, "step ends" as const, "update" as const),
      },
      { weight: 1, arbitrary: fc.constant("cancel" as const) },
    ),
    pick: fc.nat({ max: 5 }),
  }),
  { maxLength: 20 },
);
