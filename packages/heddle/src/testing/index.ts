export { TestEngine } from "./test-engine.js";
export type { TestEngineOptions, WorkAtHand } from "./test-engine.js";
export type { WorkflowCollection } from "../workflow-types.js";
