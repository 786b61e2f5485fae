import { InvalidArgumentError } from "@heddle/protocol";
import {
  activity,
  type ActivityContext,
  type ActivityDefinition,
  type ActivityMap,
  type AnyActivity,
  type AnyWorkflow,
} from "@heddle/workflow";
import type { WorkflowCollection } from "heddle/testing";
import type { CallLog } from "./call-log.js";

/** Code in place of an activity's own, or the activity itself, to run it as it is. */
type StandIn<Definition> =
  Definition extends ActivityDefinition<infer Input, infer Output>
    ? | ((input: Input, context: ActivityContext) => Awaited<Output> | Promise<Awaited<Output>>)
      | ActivityDefinition<Input, Output>
    : never;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of an activity whose types nobody declared
type AnyStandIn = ((input: any, context: ActivityContext) => unknown) | AnyActivity;

type DefinitionsIn<Workflows> = Workflows extends readonly (infer Definition)[]
  ? Definition
  : Workflows[keyof Workflows];

type MapsOf<Definition> = Definition extends { readonly activities: infer Map extends ActivityMap }
  ? Map
  : never;

/** All keys of a union of maps, where `keyof` gives those that they share. */
type KeyIn<Maps> = Maps extends unknown ? keyof Maps : never;
type ValueAt<Maps, Name> = Maps extends unknown ? (Name extends keyof Maps ? Maps[Name] : never) : never;

/**
 * Stand-ins by the names of some activities; names that nobody declares are free.
 * A conditional type, because the compiler then infers the activities before it looks at the parameters of functions.
 */
export type StandInsFor<Maps> = [Maps] extends [infer Known]
  ? { readonly [Name in KeyIn<Known>]?: StandIn<ValueAt<Known, Name>> } & Readonly<Record<string, AnyStandIn>>
  : never;

/** Stand-ins by the names that workflows use: typed where a workflow declares the activity. */
export type StandIns<Workflows extends WorkflowCollection> = StandInsFor<MapsOf<DefinitionsIn<Workflows>>>;

/**
 * The activities of a test's worker. A name counts as workflows use it: as a key of their activities, or as the name of
 * the activity. Queue, retries and timeouts are those of the activity that is stood in for.
 * Throws `InvalidArgumentError` for what is neither a function nor an activity.
 */
export function standInActivities(
  standIns: Readonly<Record<string, AnyStandIn>>,
  workflows: readonly AnyWorkflow[],
  calls: CallLog,
): readonly AnyActivity[] {
  const byName = new Map<string, AnyActivity>();
  for (const [key, standIn] of Object.entries(standIns)) {
    for (const declared of declaredAs(key, workflows)) {
      const made = madeActivity(key, standIn, declared);
      byName.set(made.name, { ...made, execute: calls.recording(key, made) });
    }
  }
  return [...byName.values()];
}

function declaredAs(key: string, workflows: readonly AnyWorkflow[]): readonly (AnyActivity | undefined)[] {
  const declared = workflows.flatMap(({ activities }) =>
    Object.entries(activities).filter(([each, definition]) => each === key || definition.name === key),
  );
  return declared.length === 0 ? [undefined] : declared.map(([, definition]) => definition);
}

function madeActivity(key: string, standIn: AnyStandIn, declared: AnyActivity | undefined): AnyActivity {
  if (typeof standIn === "function") {
    const { name = key, queue, retry, timeouts } = declared ?? {};
    return activity({
      ...{ name, execute: standIn },
      ...(queue === undefined ? {} : { queue }),
      ...(retry === undefined ? {} : { retry }),
      ...(timeouts === undefined ? {} : { timeouts }),
    });
  }
  if ((standIn as { kind?: unknown } | undefined)?.kind === "activity") return standIn;
  throw new InvalidArgumentError(
    `activities.${key} is neither a function nor an activity; pass (input, context) => result`,
    { details: { field: "activities" } },
  );
}
