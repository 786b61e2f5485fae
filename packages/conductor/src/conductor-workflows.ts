import { conductorWorkflow } from "./interpreter/conductor-workflow.js";
import { scheduledStartWorkflow } from "./scheduler/scheduled-start.js";

/** All that a coordinator runs for Conductor's API. */
export const conductorWorkflows = [conductorWorkflow, scheduledStartWorkflow] as const;
