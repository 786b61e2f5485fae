export { startCoordinator } from "./coordinator.js";
export type { Coordinator } from "./coordinator.js";
export { DEFAULT_SETTINGS } from "./options.js";
export type { CoordinatorObserver, CoordinatorOptions, CoordinatorSettings } from "./options.js";
export { WorkflowRegistry } from "./workflow-registry.js";
