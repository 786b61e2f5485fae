export { adHocTaskDef } from "./definition/ad-hoc-task-def.js";
export { checkScripts } from "./definition/check-scripts.js";
export type { DefinitionScript } from "./definition/check-scripts.js";
export { checkDefinition } from "./definition/check-definition.js";
export type { DefinitionCheckOptions } from "./definition/check-definition.js";
export type { HttpFault, TaskCheckOptions } from "./definition/check-task.js";
export { eachTask } from "./definition/each-task.js";
export type { PlacedTask } from "./definition/each-task.js";
export { eventHandler } from "./definition/event-handler.js";
export type { EventAction, EventHandler } from "./definition/event-handler.js";
export type { JsonMap } from "./definition/json-bean.js";
export { definitionJsonSchemas } from "./definition/json-schemas.js";
export {
  readEventHandler,
  readStartWorkflowRequest,
  readTaskDef,
  readWorkflowDef,
} from "./definition/read-request.js";
export { retryDelayMs } from "./definition/retry-delay.js";
export type { SchemaDef } from "./definition/schema-def.js";
export { startWorkflowRequest } from "./definition/start-workflow-request.js";
export type { StartWorkflowRequest } from "./definition/start-workflow-request.js";
export { taskDef } from "./definition/task-def.js";
export type { RetryLogic, TaskDef, TaskTimeoutPolicy } from "./definition/task-def.js";
export { ValidationFailedError } from "./definition/validation-error.js";
export type { FieldPath, ValidationError } from "./definition/validation-error.js";
export { parseWaitDuration } from "./definition/wait-duration.js";
export { parseWaitUntil } from "./definition/wait-until.js";
export { workflowDef, workflowTask } from "./definition/workflow-def.js";
export type {
  IdempotencyStrategy,
  SubWorkflowParams,
  WorkflowDef,
  WorkflowTask,
} from "./definition/workflow-def.js";

export { scopeOf } from "./expression/expression-scope.js";
export type { ExpressionScope, ExpressionSurroundings } from "./expression/expression-scope.js";
export { MAX_RESOLVED_CHARACTERS, resolveTemplate } from "./expression/resolve.js";
export type { Resolved, SecretPath } from "./expression/resolve.js";
export { revealSecrets, SECRET_PATHS } from "./expression/secrets.js";
export { taskInput, workflowInput } from "./expression/task-input.js";
export { escapeTemplate, MAX_EXPRESSION_CHARACTERS } from "./expression/template.js";

// Executions
export { conductorWorkflows } from "./conductor-workflows.js";
export { scheduledStartWorkflow } from "./scheduler/scheduled-start.js";
export { conductorWorkflow } from "./interpreter/conductor-workflow.js";
export { CONDUCTOR_WORKFLOW } from "./interpreter/execution-input.js";
export type { ExecutionInput } from "./interpreter/execution-input.js";
export type { ExecutionQuery } from "./interpreter/execution-json.js";
export {
  pauseExecution,
  queryBlocking,
  queryExecution,
  queryTask,
  queryTasks,
  resumeExecution,
  skipTask,
  terminateExecution,
  updateTask,
} from "./interpreter/execution-messages.js";
export type { TaskSkip, TaskUpdate, TaskUpdateAnswer } from "./interpreter/execution-messages.js";
export type { Blocking } from "./interpreter/blocking.js";
export { replayedExecution } from "./interpreter/replayed-execution.js";
export { CHOOSE_DOMAIN, DEFINITION_ACTIVITIES } from "./interpreter/system-calls.js";
export type {
  FindDefinitionCall,
  FindTaskDefinitionsCall,
  FoundDefinition,
  FoundTaskDefinitions,
} from "./interpreter/system-calls.js";
export { workflowIdOfTask } from "./interpreter/task-id.js";
export { taskQueueName } from "./interpreter/task-queue-name.js";
export type { EndedTaskStatus, ExecutionStatus, TaskStatus } from "./interpreter/task-status.js";
export { WORKER_RESULT } from "./interpreter/tasks/worker-task.js";
export type { WorkerResult } from "./interpreter/tasks/worker-task.js";

// Events
export { eventActivities } from "./event/event-activities.js";
export type { EventActivityOptions } from "./event/event-activities.js";
export type { EventExecution, EventExecutionStatus } from "./event/event-execution.js";
export { CONDUCTOR_EVENT, eventMessage, eventRunId } from "./event/event-message.js";
export type { EventMessage } from "./event/event-message.js";
export { eventWorkflow, queryEventExecutions } from "./event/event-workflow.js";
export { KafkaEventSource } from "./event/kafka-event-source.js";
export type { KafkaEventSourceOptions } from "./event/kafka-event-source.js";
export { conductorSink, publishEvent } from "./event/publish-event.js";

// Workers
export { domainActivities } from "./workers/domain-activities.js";

// Registered definitions
export { definitionActivities } from "./metadata/definition-activities.js";
export { EventHandlerStore } from "./metadata/event-handler-store.js";
export { MetadataStore } from "./metadata/metadata-store.js";

// System tasks
export { createSystemTasks } from "./system/system-tasks.js";
export type { SystemTaskOptions, SystemTasks } from "./system/system-tasks.js";
export { SYSTEM_TASK_QUEUE, systemTaskActivities } from "./system/system-task-activities.js";
export type { SystemTaskResult, TaskData } from "./system/system-task-result.js";
export { Sandbox } from "./system/sandbox/sandbox.js";
export type { SandboxOptions } from "./system/sandbox/sandbox.js";
export { evaluateScript, EVALUATORS, holds, syntaxProblem } from "./system/script/evaluate-script.js";
export type { Evaluator, Script } from "./system/script/evaluate-script.js";
export { runInline, runLambda } from "./system/script/script-tasks.js";
export { runJqTransform } from "./system/jq/jq-task.js";
export { HttpSender } from "./system/http/http-sender.js";
export type { HttpOptions, HttpResponse } from "./system/http/http-sender.js";
export type { HttpRequest } from "./system/http/http-request.js";
export { httpInputFault, runHttpTask } from "./system/http/http-task.js";
export { EgressPolicy } from "./system/egress/egress-policy.js";
export type { EgressOptions, ResolveAll, Target } from "./system/egress/egress-policy.js";
export { runEventTask } from "./system/event/event-task.js";
export type { EventTask, MessageSinks } from "./system/event/event-task.js";
export type { MessageSink, SinkMessage } from "./system/event/message-sink.js";
export { KafkaProducers } from "./system/kafka/kafka-producers.js";
export type { KafkaOptions } from "./system/kafka/kafka-producers.js";
export type { KafkaConnection, KafkaCredentials } from "./system/kafka/kafka-client.js";
export type { KafkaSink } from "./system/kafka/kafka-sink.js";
export { runKafkaPublish } from "./system/kafka/kafka-task.js";
