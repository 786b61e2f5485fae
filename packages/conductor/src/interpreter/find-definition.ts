import type { WorkflowDef } from "../definition/workflow-def.js";
import {
  callSystem,
  DEFINITION_ACTIVITIES,
  type FindDefinitionCall,
  type FoundDefinition,
} from "./system-calls.js";
import type { Code, Flow } from "./task-executor.js";

/** The registered definition of that name, of that version or the latest. */
export function* findDefinition(
  flow: Pick<Flow, "ctx">,
  name: unknown,
  version: unknown,
): Code<{ readonly definition: WorkflowDef } | { readonly problem: string }> {
  if (typeof name !== "string" || name === "")
    return { problem: "no name of a workflow definition is given" };
  const number = version == null || version === "" ? undefined : Number(version);
  if (number !== undefined && !(Number.isInteger(number) && number >= 1)) {
    return { problem: `${JSON.stringify(version)} is no version of a workflow definition` };
  }
  const call: FindDefinitionCall = number === undefined ? { name } : { name, version: number };
  const definition = (yield* callSystem(flow, DEFINITION_ACTIVITIES.findDefinition, call)) as FoundDefinition;
  if (definition !== null) return { definition };
  return { problem: `No such workflow definition found by name: ${name}, version: ${number ?? "latest"}` };
}
