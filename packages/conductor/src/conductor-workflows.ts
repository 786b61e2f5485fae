import { eventWorkflow } from "./event/event-workflow.js";
import { conductorWorkflow } from "./interpreter/conductor-workflow.js";
import { scheduledStartWorkflow } from "./scheduler/scheduled-start.js";

/** All that a coordinator runs for Conductor's API. */
export const conductorWorkflows = [conductorWorkflow, eventWorkflow, scheduledStartWorkflow] as const;
