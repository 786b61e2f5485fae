// What coordinators and workers need that execute definitions of Conductor; loaded only where a section does that.
import { conductorWorkflow, createSystemTasks, systemTaskActivities } from "@heddle/conductor";
import { activity } from "heddle";

export const definitionWorkflows = [conductorWorkflow];

export function definitionActivities() {
  return [
    ...systemTaskActivities(createSystemTasks()),
    activity({ name: "conductor.findTaskDefinitions", queue: "conductor.system", execute: () => ({}) }),
    activity({ name: "work", queue: "work", execute: () => ({}) }),
  ];
}
