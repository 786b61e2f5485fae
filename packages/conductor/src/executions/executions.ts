import type { WorkflowClient } from "@heddle/core";
import { InvalidArgumentError, WorkflowNotFoundError } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import type { StartWorkflowRequest } from "../definition/start-workflow-request.js";
import type { Blocking } from "../interpreter/blocking.js";
import { CONDUCTOR_WORKFLOW, type ExecutionInput } from "../interpreter/execution-input.js";
import type { ExecutionQuery } from "../interpreter/execution-json.js";
import { queryBlocking, queryExecution, queryTask, queryTasks } from "../interpreter/execution-messages.js";
import { replayedExecution } from "../interpreter/replayed-execution.js";
import { workflowIdOfTask } from "../interpreter/task-id.js";
import type { ExecutionStatus } from "../interpreter/task-status.js";
import { withPolls } from "../workers/polled-task.js";
import type { MetadataStore } from "../metadata/metadata-store.js";
import { noSuchExecution, noSuchTask } from "./no-such-execution.js";
import { startOnce } from "./start-once.js";
import { unbegunExecution } from "./unbegun-execution.js";

interface Parts {
  readonly client: WorkflowClient;
  readonly metadata: MetadataStore;
  /** Variables that the operator gives to expressions. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

export interface TaskPage {
  readonly totalHits: number;
  readonly results: readonly JsonMap[];
}

/**
 * Executions of definitions, as callers of Conductor's API see them. Open ones answer themselves; closed ones are rebuilt
 * from their history, so that nothing is stored twice.
 */
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

  /** Conductor's Workflow JSON. Throws `WorkflowNotFoundError`. */
  async read(workflowId: string, query: ExecutionQuery = {}): Promise<JsonMap> {
    const open = await this.#ask<JsonMap>(workflowId, queryExecution.name, query);
    if (open === undefined) return this.#replayed(workflowId, query);
    return { ...open, tasks: await this.#withPolls(workflowId, open["tasks"] as readonly JsonMap[]) };
  }

  /** Throws `WorkflowNotFoundError`. */
  async tasks(workflowId: string, query: Omit<ExecutionQuery, "includeTasks">): Promise<TaskPage> {
    const open = await this.#ask<TaskPage>(workflowId, queryTasks.name, query);
    if (open !== undefined) return { ...open, results: await this.#withPolls(workflowId, open.results) };
    const { start = 0, count = Number.POSITIVE_INFINITY, taskStatus } = query;
    const { tasks } = await this.#replayed(workflowId, { taskStatus });
    const all = tasks as readonly JsonMap[];
    return { totalHits: all.length, results: all.slice(start, start + count) };
  }

  /** One task by its id alone, which tells its workflow. Throws `TASK_NOT_FOUND`. */
  async task(taskId: string): Promise<JsonMap> {
    const workflowId = workflowIdOfTask(taskId);
    if (workflowId === undefined) throw noSuchTask(taskId);
    const found = await this.#ask<JsonMap | null>(workflowId, queryTask.name, { taskId });
    if (found === null) throw noSuchTask(taskId);
    if (found !== undefined) return (await this.#withPolls(workflowId, [found]))[0] ?? found;
    const { tasks } = await this.#replayed(workflowId, {});
    const task = (tasks as readonly JsonMap[]).find((each) => each["taskId"] === taskId);
    if (task === undefined) throw noSuchTask(taskId);
    return task;
  }

  /** Whether it waits for somebody outside; a closed one waits for nobody. Throws `WorkflowNotFoundError`. */
  async blocking(workflowId: string, refs: readonly string[] = []): Promise<Blocking> {
    const open = await this.#ask<Blocking>(workflowId, queryBlocking.name, { refs });
    if (open !== undefined) return open;
    const { status } = await this.#replayed(workflowId, { includeTasks: false });
    return { status: status as ExecutionStatus, task: null, subWorkflowIds: [] };
  }

  /** What the execution itself does not know. */
  #withPolls(workflowId: string, tasks: readonly JsonMap[]): Promise<JsonMap[]> {
    return withPolls(this.parts.client.activities, workflowId, tasks);
  }

  /** Undefined of what is closed, or executes no definition. */
  async #ask<Answer>(workflowId: string, name: string, query: unknown): Promise<Answer | undefined> {
    return (await this.parts.client.query(workflowId, name, query)) as Answer | undefined;
  }

  async #replayed(workflowId: string, query: ExecutionQuery): Promise<JsonMap> {
    const { client } = this.parts;
    const ends = await client.ends(workflowId);
    if (ends?.run.type !== CONDUCTOR_WORKFLOW) throw noSuchExecution(workflowId);
    if (ends.first?.kind !== "started") return unbegunExecution(ends.run);
    return replayedExecution(await client.exportHistory(workflowId), query);
  }

  /** The same; `undefined` when there is none. */
  async find(workflowId: string, query: ExecutionQuery = {}): Promise<JsonMap | undefined> {
    try {
      return await this.read(workflowId, query);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
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
