import type { AnyWorkflow, WorkflowDefinition } from "./workflow.js";

/** Workflows as a list, or as a map whose values count by their own names. */
export type WorkflowCollection = readonly AnyWorkflow[] | Readonly<Record<string, AnyWorkflow>>;

type DefinitionsIn<Workflows> = Workflows extends readonly (infer Definition)[]
  ? Definition
  : Workflows[keyof Workflows];

/** The definition of that name, or `never` when the name is not known by type. */
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

/** The input as a field of options; one that is declared must be given. */
export type InputField<Input> = undefined extends Input
  ? { readonly input?: Input }
  : [Input] extends [void]
    ? { readonly input?: undefined }
    : { readonly input: Input };

/** What a call takes behind the name of what it calls: an input that is declared must be given. */
export type CallArguments<Input, Options> = [Input] extends [void]
  ? [input?: undefined, options?: Options]
  : undefined extends Input
    ? [input?: Input, options?: Options]
    : [input: Input, options?: Options];
