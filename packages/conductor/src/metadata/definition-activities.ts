import { activity, type AnyActivity } from "@heddle/workflow";
import {
  DEFINITION_ACTIVITIES,
  type FindDefinitionCall,
  type FindTaskDefinitionsCall,
  type FoundDefinition,
  type FoundTaskDefinitions,
} from "../interpreter/system-calls.js";
import { SYSTEM_TASK_QUEUE } from "../system/system-task-activities.js";
import type { MetadataStore } from "./metadata-store.js";

/** By these executions look up registered definitions while they run: of sub-workflows, dynamic tasks and the like. */
export function definitionActivities(metadata: MetadataStore): AnyActivity[] {
  const { findDefinition, findTaskDefinitions } = DEFINITION_ACTIVITIES;
  return [
    activity<FindDefinitionCall, FoundDefinition>({
      ...{ name: findDefinition, queue: SYSTEM_TASK_QUEUE },
      execute: async ({ name, version }) => {
        const found = await metadata.findWorkflow(name, version);
        return found === undefined ? null : metadata.populated(found);
      },
    }),
    activity<FindTaskDefinitionsCall, FoundTaskDefinitions>({
      ...{ name: findTaskDefinitions, queue: SYSTEM_TASK_QUEUE },
      execute: async ({ names }) => Object.fromEntries(await metadata.tasksNamed(names)),
    }),
  ];
}
