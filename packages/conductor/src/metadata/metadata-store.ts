import type { DocumentStore } from "@heddle/core";
import { HeddleError } from "@heddle/protocol";
import { eachTask } from "../definition/each-task.js";
import { taskDef, type TaskDef } from "../definition/task-def.js";
import { workflowDef, type WorkflowDef, type WorkflowTask } from "../definition/workflow-def.js";
import { JsonDocuments } from "./json-documents.js";

const VERSION_DIGITS = 10;

/** The definitions of workflows and tasks that are registered in a namespace. */
export class MetadataStore {
  readonly #workflows: JsonDocuments<WorkflowDef>;
  readonly #tasks: JsonDocuments<TaskDef>;

  constructor(store: DocumentStore) {
    this.#workflows = new JsonDocuments(store, "workflow-definitions", workflowDef);
    this.#tasks = new JsonDocuments(store, "task-definitions", taskDef);
  }

  /** The definition of that version, or the one with the highest. Throws `DEFINITION_NOT_FOUND`. */
  async workflow(name: string, version?: number): Promise<WorkflowDef> {
    const found = await this.findWorkflow(name, version);
    if (found !== undefined) return found;
    throw noSuchWorkflow(name, version);
  }

  async findWorkflow(name: string, version?: number): Promise<WorkflowDef | undefined> {
    if (version !== undefined) return (await this.#workflows.read(workflowKey(name, version)))?.content;
    const [latest] = await this.#workflows.page({ prefix: namePrefix(name), order: "descending", limit: 1 });
    return latest?.content;
  }

  /** Of one name, or of all names; versions in ascending order. */
  async *workflows(name?: string): AsyncGenerator<WorkflowDef> {
    const prefix = name === undefined ? undefined : namePrefix(name);
    for await (const { content } of this.#workflows.each(prefix)) yield content;
  }

  /**
   * Keeps a definition under its name and version; of one that was there the time of its creation stays.
   * Throws `DEFINITION_ALREADY_EXISTS` when one is there and may not be overwritten.
   */
  async registerWorkflow(
    definition: WorkflowDef,
    { overwrite, nowMs }: { overwrite: boolean; nowMs: number },
  ): Promise<void> {
    const { name, version } = definition;
    const key = workflowKey(name, version);
    const before = overwrite ? await this.#workflows.read(key) : undefined;
    const createTime = before?.content.createTime ?? nowMs;
    const kept = { ...definition, createTime, updateTime: nowMs };
    const reply = await this.#workflows.write(key, kept, overwrite ? undefined : "absent");
    if (reply.outcome === "written") return;
    throw new HeddleError(
      "DEFINITION_ALREADY_EXISTS",
      `workflow definition ${name} version ${version} is registered already; overwrite it, or take another version`,
      { details: { name, version } },
    );
  }

  /** What runs by it goes on: each has its own copy. Throws `DEFINITION_NOT_FOUND`. */
  async deleteWorkflow(name: string, version: number): Promise<void> {
    if (!(await this.#workflows.delete(workflowKey(name, version)))) throw noSuchWorkflow(name, version);
  }

  /** Throws `DEFINITION_NOT_FOUND`. */
  async task(name: string): Promise<TaskDef> {
    const found = await this.#tasks.read(name);
    if (found !== undefined) return found.content;
    throw noSuchTask(name);
  }

  /** The registered ones of those names. */
  async tasksNamed(names: readonly string[]): Promise<ReadonlyMap<string, TaskDef>> {
    const found = await this.#tasks.readAll([...new Set(names)]);
    return new Map([...found].map(([name, { content }]) => [name, content]));
  }

  async *tasks(): AsyncGenerator<TaskDef> {
    for await (const { content } of this.#tasks.each()) yield content;
  }

  /** Creates or replaces; with `onlyKnown` throws `DEFINITION_NOT_FOUND` for one that is not registered. */
  async registerTask(
    definition: TaskDef,
    { onlyKnown = false, nowMs }: { onlyKnown?: boolean; nowMs: number },
  ): Promise<void> {
    const { name } = definition;
    const before = await this.#tasks.read(name);
    const kept = { ...definition, createTime: before?.content.createTime ?? nowMs, updateTime: nowMs };
    const reply = await this.#tasks.write(name, kept, onlyKnown ? "present" : undefined);
    if (reply.outcome === "refused") throw noSuchTask(name);
  }

  async deleteTask(name: string): Promise<void> {
    if (!(await this.#tasks.delete(name))) throw noSuchTask(name);
  }

  /** As executions take it: with the registered task definition of each task that does not bring its own. */
  async populated(definition: WorkflowDef): Promise<WorkflowDef> {
    const wanting = Array.from(eachTask(definition.tasks), ({ task }) => task).filter(
      (task) => task.taskDefinition === undefined,
    );
    const found = await this.tasksNamed(wanting.map(({ name }) => name));
    return found.size === 0 ? definition : { ...definition, tasks: withDefinitions(definition.tasks, found) };
  }
}

function withDefinitions(
  tasks: readonly WorkflowTask[],
  found: ReadonlyMap<string, TaskDef>,
): WorkflowTask[] {
  const each = (list: readonly WorkflowTask[]) => withDefinitions(list, found);
  return tasks.map((task) => ({
    ...task,
    taskDefinition: task.taskDefinition ?? found.get(task.name),
    decisionCases: Object.fromEntries(
      Object.entries(task.decisionCases).map(([name, list]) => [name, each(list)]),
    ),
    defaultCase: each(task.defaultCase),
    forkTasks: task.forkTasks.map(each),
    loopOver: each(task.loopOver),
  }));
}

/** Names may hold anything, so they are encoded: none is then the beginning of another's key. */
function namePrefix(name: string): string {
  return `${encodeURIComponent(name)}/`;
}

/** Digits that sort as numbers do. */
function workflowKey(name: string, version: number): string {
  return `${namePrefix(name)}${String(version).padStart(VERSION_DIGITS, "0")}`;
}

function noSuchWorkflow(name: string, version: number | undefined): HeddleError {
  return new HeddleError(
    "DEFINITION_NOT_FOUND",
    `No such workflow found by name: ${name}, version: ${version ?? "latest"}; register it with POST /api/metadata/workflow`,
    { details: { name, version } },
  );
}

function noSuchTask(name: string): HeddleError {
  return new HeddleError(
    "DEFINITION_NOT_FOUND",
    `No such task definition found by name: ${name}; register it with POST /api/metadata/taskdefs`,
    { details: { name } },
  );
}
