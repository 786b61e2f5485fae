import {
  assertAttributeTypes,
  assertName,
  assertWorkflowType,
  durationMs,
  InvalidArgumentError,
  type AttributeTypes,
  type Duration,
} from "@heddle/protocol";
import type { ActivityMap, QueryMap, SignalMap, UpdateMap, WorkflowContext } from "./context.js";
import type { WorkflowGenerator } from "./operation.js";

/** Checks an input before the run is accepted. Any Standard Schema (zod, valibot, …) fits. */
export interface InputSchema<Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Input> | Promise<StandardResult<Input>>;
    readonly types?: { readonly input: unknown; readonly output: Input } | undefined;
  };
}
type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly unknown[] | undefined;
      }[];
    };

export interface WorkflowOptions<Name extends string> {
  readonly name: Name;
  /** Of the code; runs are stamped with the version that first ran them. Default `1`. */
  readonly version?: string;
  readonly description?: string;
  readonly inputSchema?: InputSchema<unknown>;
  /** How long a closed run is kept. Default 7 days. */
  readonly retention?: Duration;
}

export const DEFAULT_RETENTION_MS = 7 * 24 * 3_600_000;

export interface WorkflowDefinition<
  Name extends string,
  Input,
  Output,
  Activities extends ActivityMap = ActivityMap,
> {
  readonly kind: "workflow";
  readonly name: Name;
  readonly version: string;
  readonly description: string | undefined;
  readonly inputSchema: InputSchema<unknown> | undefined;
  readonly retentionMs: number;
  readonly activities: Activities;
  /** Declared search attributes; empty when the workflow declares none, then a run may be given any. */
  readonly attributeTypes: AttributeTypes;
  // A method, so that definitions of any input fit one collection.
  run(context: WorkflowContext, input: Input): WorkflowGenerator<Output>;
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a collection of workflows of any input and output
export type AnyWorkflow = WorkflowDefinition<string, any, any>;

export interface WorkflowBuilder<
  Name extends string,
  Activities extends ActivityMap,
  Signals extends SignalMap,
  Declared extends AttributeTypes = Record<never, never>,
> {
  /** Activities that the code may name in `ctx.run`, with their types. */
  activities<Added extends ActivityMap>(
    activities: Added,
  ): WorkflowBuilder<Name, Activities & Added, Signals, Declared>;
  /** Signals that the code may name in `ctx.waitForSignal`, with their types. */
  signals<Added extends SignalMap>(
    signals: Added,
  ): WorkflowBuilder<Name, Activities, Signals & Added, Declared>;
  /** Queries that the code answers. */
  queries(queries: QueryMap): WorkflowBuilder<Name, Activities, Signals, Declared>;
  /** Updates that the code takes. */
  updates(updates: UpdateMap): WorkflowBuilder<Name, Activities, Signals, Declared>;
  /**
   * Attributes by which runs are found, with their types; a run may then be given these and `tags`, and no others.
   * A type belongs to a name: two workflows of one process that declare another type for it are refused.
   */
  searchAttributes<const Added extends AttributeTypes>(
    types: Added,
  ): WorkflowBuilder<Name, Activities, Signals, Declared & Added>;
  /** The code: a generator (async or not) that awaits with `yield*`. */
  execute<Input = void, Output = void>(
    code: (
      context: WorkflowContext<Activities, Signals, Declared>,
      input: Input,
    ) => WorkflowGenerator<Output>,
  ): WorkflowDefinition<Name, Input, Output, Activities>;
}

/** Starts the definition of a workflow. Throws `InvalidArgumentError` for a bad name, version or retention. */
export function workflow<const Name extends string>(
  options: WorkflowOptions<Name>,
): WorkflowBuilder<Name, Record<never, never>, Record<never, never>> {
  assertWorkflowType(options.name);
  const version = options.version ?? "1";
  assertName(version, "workflow version");
  const retentionMs =
    options.retention === undefined ? DEFAULT_RETENTION_MS : durationMs(options.retention, "retention");
  return builder(options, { version, retentionMs, activities: {}, attributeTypes: {} });
}

interface Collected<Activities extends ActivityMap> {
  readonly version: string;
  readonly retentionMs: number;
  readonly activities: Activities;
  readonly attributeTypes: AttributeTypes;
}

function builder<
  Name extends string,
  Activities extends ActivityMap,
  Signals extends SignalMap,
  Declared extends AttributeTypes,
>(
  options: WorkflowOptions<Name>,
  collected: Collected<Activities>,
): WorkflowBuilder<Name, Activities, Signals, Declared> {
  return {
    activities: (added) => {
      for (const [key, definition] of Object.entries(added)) assertActivity(key, definition);
      return builder(options, { ...collected, activities: { ...collected.activities, ...added } });
    },
    signals: (added) => {
      for (const handle of Object.values(added)) assertName(handle.name, "signal name");
      return builder(options, collected);
    },
    queries: (added) => {
      for (const handle of Object.values(added)) assertName(handle.name, "query name");
      return builder(options, collected);
    },
    updates: (added) => {
      for (const handle of Object.values(added)) assertName(handle.name, "update name");
      return builder(options, collected);
    },
    searchAttributes: (added) => {
      const attributeTypes = { ...collected.attributeTypes, ...added };
      assertAttributeTypes(attributeTypes);
      return builder(options, { ...collected, attributeTypes });
    },
    execute: (code) => {
      if (typeof code !== "function") throw refused("execute takes a generator function");
      return {
        kind: "workflow",
        name: options.name,
        version: collected.version,
        description: options.description,
        inputSchema: options.inputSchema,
        retentionMs: collected.retentionMs,
        activities: collected.activities,
        attributeTypes: collected.attributeTypes,
        // The machine builds one context for all workflows; the builder's types say what this code may name.
        run: (context, input) =>
          code(context as unknown as WorkflowContext<Activities, Signals, Declared>, input),
      };
    },
  };
}

function assertActivity(key: string, definition: { readonly kind?: unknown }): void {
  if (definition.kind !== "activity") {
    throw refused(`activities.${key} is no activity; define it with activity({ name, execute })`);
  }
}

function refused(problem: string): InvalidArgumentError {
  return new InvalidArgumentError(`workflow: ${problem}`);
}
