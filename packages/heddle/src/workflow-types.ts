import type { StartOptions } from "@heddle/core";
import type { CallArguments } from "@heddle/workflow";

export type { InputNamed, OutputNamed, WorkflowCollection } from "@heddle/workflow";

/** What `start` takes behind the type: an input that a workflow declares must be given. */
export type StartArguments<Input> = CallArguments<Input, StartOptions>;
