// Environment
export { contentOf, readEnvironment, secretOf, type Environment } from "./read-environment.js";
export {
  commaSeparated,
  flag,
  healthPort,
  holds,
  modules,
  optionalModules,
  wholeNumber,
} from "./variables.js";
export {
  commonConfiguration,
  commonVariables,
  redisConnectionTo,
  type CommonConfiguration,
} from "./common-configuration.js";
export {
  conductorVariables,
  egressOf,
  egressVariables,
  expressionEnvironment,
  expressionVariables,
  secretsIn,
  systemTaskConfiguration,
  systemTaskVariables,
  type Egress,
} from "./conductor-variables.js";
export { loadActivities, loadWorkflows } from "./definition-modules.js";

// Life
export { runService, type ServiceLife } from "./run-service.js";
export { connectStore } from "./connect-store.js";
export { connectTaskQueue } from "./connect-task-queue.js";
export { consumeIngestionQueue } from "./consume-ingestion-queue.js";
export { serveHealth } from "./health-server.js";
