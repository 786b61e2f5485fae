// Environment
export { readEnvironment } from "./read-environment.js";
export { commaSeparated, flag, holds, wholeNumber } from "./variables.js";
export { commonConfiguration, commonVariables, type CommonConfiguration } from "./common-configuration.js";
export { loadActivities, loadWorkflows } from "./definition-modules.js";

// Life
export { runService, type Service, type ServiceLife } from "./run-service.js";
export { connectStore } from "./connect-store.js";
export { serveHealth, type Health } from "./health-server.js";
