import type { WorkflowClient } from "@heddle/core";
import { InvalidArgumentError, WorkflowNotFoundError } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import type { StartWorkflowRequest } from "../definition/start-workflow-request.js";
import { CONDUCTOR_WORKFLOW, type ExecutionInput } from "../interpreter/execution-input.js";
import type { ExecutionQuery } from "../interpreter/execution-json.js";
import { queryExecution } from "../interpreter/execution-messages.js";
import { replayedExecution } from "../interpreter/replayed-execution.js";
import type { MetadataStore } from "../metadata/metadata-store.js";
import { startOnce } from "./start-once.js";

interface Parts {
  readonly client: WorkflowClient;
  readonly metadata: MetadataStore;
  /** Variables that the operator gives to expressions. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Executions of definitions, as callers of Conductor's API see them. */
export class Executions {
  constructor(private readonly parts: Parts) {}

  /** Its workflow id. Throws `DEFINITION_NOT_FOUND`, and what `WorkflowClient.start` throws. */
  async start(request: StartWorkflowRequest): Promise<string> {
    return startOnce(this.parts.client, await this.inputOf(request), request);
  }

  /** What an execution of the request is started with. Throws `DEFINITION_NOT_FOUND`. */
  async inputOf(request: StartWorkflowRequest): Promise<ExecutionInput> {
    const { environment } = this.parts;
    const { input, correlationId, taskToDomain, priority, createdBy } = request;
    if (request.externalInputPayloadStoragePath !== undefined) {
      throw new InvalidArgumentError(
        "externalInputPayloadStoragePath is given, and there is no external storage here; give the input itself",
        { details: { field: "externalInputPayloadStoragePath" } },
      );
    }
    const definition = await this.#definitionOf(request);
    return {
      ...{ definition, input, correlationId, taskToDomain, priority, createdBy },
      ...(environment === undefined ? {} : { environment }),
    };
  }

  /** Conductor's Workflow JSON, of open and of closed executions. Throws `WorkflowNotFoundError`. */
  async read(workflowId: string, query: ExecutionQuery = {}): Promise<JsonMap> {
    const { client } = this.parts;
    const open = await client.query(workflowId, queryExecution.name, query);
    if (open !== undefined) return open as JsonMap;
    await this.assertExists(workflowId);
    return replayedExecution(await client.exportHistory(workflowId), query);
  }

  /** Throws `WorkflowNotFoundError`, also for a run that executes no definition. */
  async assertExists(workflowId: string): Promise<void> {
    const { type } = await this.parts.client.describe(workflowId);
    if (type !== CONDUCTOR_WORKFLOW) throw noSuchExecution(workflowId);
  }

  async #definitionOf({ name, version, workflowDef }: StartWorkflowRequest) {
    const { metadata } = this.parts;
    return metadata.populated(workflowDef ?? (await metadata.workflow(name, version)));
  }
}

function noSuchExecution(workflowId: string): WorkflowNotFoundError {
  return new WorkflowNotFoundError(
    `No such workflow found by id: ${workflowId}; check the id, or whether its retention has passed`,
    { details: { workflowId } },
  );
}
