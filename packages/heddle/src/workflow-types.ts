import type { StartOptions } from "@heddle/core";
import type { AnyWorkflow, WorkflowDefinition } from "@heddle/workflow";

/** Workflows as a list, or as a map whose values count by their own names. */
export type WorkflowCollection = readonly AnyWorkflow[] | Readonly<Record<string, AnyWorkflow>>;

type DefinitionsIn<Workflows> = Workflows extends readonly (infer Definition)[]
  ? Definition
  : Workflows[keyof Workflows];

/** The definition of that name, or `never` when the engine does not know the name by type. */
type DefinitionNamed<Workflows, Name extends string> = Extract<
  DefinitionsIn<Workflows>,
  { readonly name: Name }
>;

export type InputNamed<Workflows, Name extends string> = [DefinitionNamed<Workflows, Name>] extends [never]
  ? unknown
  : DefinitionNamed<Workflows, Name> extends WorkflowDefinition<string, infer Input, infer _Output>
    ? Input
    : unknown;

export type OutputNamed<Workflows, Name extends string> = [DefinitionNamed<Workflows, Name>] extends [never]
  ? unknown
  : DefinitionNamed<Workflows, Name> extends WorkflowDefinition<string, infer _Input, infer Output>
    ? Output
    : unknown;

/** What `start` takes behind the type: an input that a workflow declares must be given. */
export type StartArguments<Input> = [Input] extends [void]
  ? [input?: undefined, options?: StartOptions]
  : undefined extends Input
    ? [input?: Input, options?: StartOptions]
    : [input: Input, options?: StartOptions];
