import { WorkflowRegistry } from "@heddle/coordinator";
import type {
  AggregateOptions,
  ImportOptions,
  ListOptions,
  QueryOptions,
  RunFilterOptions,
  RunGroup,
  SignalAcknowledgement,
  StartOptions,
  StartOrSignalOptions,
  UpdateOptions,
  UpdateWithStartOptions,
  WatchFilter,
  WorkflowClient,
} from "@heddle/core";
import {
  InvalidArgumentError,
  parseHistory,
  ShutDownError,
  WorkflowTypeNotRegisteredError,
  type AttributeChanges,
  type PaginatedResult,
  type WatchEvent,
  type WorkflowSummary,
} from "@heddle/protocol";
import { createLogger, type Logger } from "@heddle/telemetry";
import type { AnyActivity, AnyWorkflow, QueryHandle, SignalHandle, UpdateHandle } from "@heddle/workflow";
import type { AcceptedUpdateHandle, UpdateArguments } from "./accepted-update-handle.js";
import { Bulk } from "./bulk.js";
import { assertDeclaredAttributes } from "./declared-attributes.js";
import type { EngineOptions } from "./engine-options.js";
import { OpenActivities } from "./open-activities.js";
import { startRuntime, type EngineRuntime, type RuntimeParts } from "./engine-runtime.js";
import { validateInput } from "./input-schema.js";
import { Queues } from "./queues.js";
import { resolveRoles, type Role } from "./roles.js";
import { Schedules } from "./schedules.js";
import {
  startUpdateWithStart,
  type UpdateCall,
  type UpdatedWorkflow,
  updateWithStart,
  type UpdatingWorkflow,
} from "./update-with-start.js";
import { eventsOf } from "./watch-events.js";
import {
  nameOf,
  type PayloadArguments,
  type QueryArguments,
  SignalledWorkflowHandle,
  type SignalOptions,
  WorkflowHandle,
} from "./workflow-handle.js";
import type { InputNamed, OutputNamed, StartArguments, WorkflowCollection } from "./workflow-types.js";

/**
 * Heddle in one process: starts, signals and queries workflows, and by its roles also owns partitions and runs
 * activities. The same code and scripts as the separate processes, so any number of engines, coordinators, workers
 * and gateways share a namespace.
 */
export class Engine<const Workflows extends WorkflowCollection = readonly []> {
  /** Operations on all workflows that match a filter. */
  readonly bulk = new Bulk(() => this.client());
  /** Starts workflows by cron or interval. */
  readonly schedules: Schedules<Workflows>;
  private readonly roles: ReadonlySet<Role>;
  private readonly registry = new WorkflowRegistry();
  private readonly activityDefinitions = new Map<string, AnyActivity>();
  /** Settles activities that are completed from outside, by task token or reference. */
  readonly activities: OpenActivities = new OpenActivities(() => this.client());
  /** Looks at the queues of activities and at who serves them. */
  readonly queues: Queues = new Queues(async () => (await this.runtime()).queues);
  private readonly log: Logger;
  private starting: Promise<EngineRuntime> | undefined;
  private closing: Promise<void> | undefined;

  /** Nothing is connected before the first call or `ready()`. Throws `InvalidArgumentError` for bad options. */
  constructor(private readonly options: EngineOptions<Workflows> = {}) {
    this.roles = resolveRoles(options.roles);
    this.log = options.log ?? createLogger({ name: "heddle", level: "warn" });
    for (const workflow of Object.values(options.workflows ?? {})) this.registry.register(workflow);
    for (const activity of Object.values(options.activities ?? {})) this.addActivity(activity);
    this.schedules = new Schedules({
      client: this.clientOf,
      checkedInput: (...start) => this.checkedInput(...start),
    });
  }

  /** An engine that is connected and owns its share of the partitions. */
  static async create<const Workflows extends WorkflowCollection = readonly []>(
    options: EngineOptions<Workflows> = {},
  ): Promise<Engine<Workflows>> {
    const engine = new Engine<Workflows>(options);
    await engine.ready();
    return engine;
  }

  /** Resolves when everything that the roles ask for runs. Repeating it is free; after a failure it tries again. */
  async ready(): Promise<void> {
    await this.runtime();
  }

  /** Adds a workflow, at any time, or an activity, before the engine runs. */
  register(definition: AnyWorkflow | AnyActivity): this {
    if (definition.kind === "activity") {
      this.addActivity(definition);
      return this;
    }
    this.registry.register(definition);
    // A start that fails is told to whoever waits for it.
    void this.starting?.then(
      (runtime) => runtime.coordinator?.workflowsAdded(),
      () => undefined,
    );
    return this;
  }

  /**
   * Accepts a new workflow; resolves when it is accepted, not when it runs. See `StartOptions` for ids and keys.
   * Errors: `WorkflowAlreadyExistsError`, `IdempotencyKeyPurgedError`, `WorkflowTypeNotRegisteredError`,
   * `InvalidArgumentError`, `PayloadTooLargeError`, `InboxFullError`.
   */
  start<Name extends string>(
    type: Name,
    ...rest: StartArguments<InputNamed<Workflows, Name>>
  ): Promise<WorkflowHandle<OutputNamed<Workflows, Name>>>;
  async start(type: string, input?: unknown, options: StartOptions = {}): Promise<WorkflowHandle> {
    const checked = await this.checkedInput(type, input, options);
    const run = await (await this.client()).start(type, checked, options);
    return new WorkflowHandle(this.clientOf, run.workflowId, run.runId);
  }

  /**
   * Starts a workflow and resolves to its result: `start` and `result()` in one call to Redis.
   * Errors: those of `start` and of `WorkflowHandle.result`.
   */
  execute<Name extends string>(
    type: Name,
    ...rest: StartArguments<InputNamed<Workflows, Name>>
  ): Promise<OutputNamed<Workflows, Name>>;
  async execute(type: string, input?: unknown, options: StartOptions = {}): Promise<unknown> {
    const checked = await this.checkedInput(type, input, options);
    return (await this.client()).execute(type, checked, options);
  }

  /**
   * Starts the workflow, or signals it when it is open, in one atomic step. Concurrent callers converge on one
   * workflow and one signal when they share `idempotencyKey`, or `id` and `signalId`.
   * Errors: `StartOrSignalConflictError` and those of `start` and `signal`.
   */
  async startOrSignal<Name extends string>(
    type: Name,
    input: InputNamed<Workflows, Name>,
    signal: { readonly name: string; readonly payload?: unknown; readonly signalId?: string },
    options: StartOrSignalOptions = {},
  ): Promise<SignalledWorkflowHandle<OutputNamed<Workflows, Name>>> {
    const checked = await this.checkedInput(type, input, options);
    return new SignalledWorkflowHandle(
      this.clientOf,
      await (await this.client()).startOrSignal(type, checked, signal, options),
    );
  }

  /**
   * Starts a workflow with an update, or has the open one of that id take it, in one atomic step; resolves when the
   * update is completed. An `updateId` that the workflow knows is found: nothing happens again, the answer is the same.
   * A run that was started goes on, also when its code rejects the update. Errors: those of `start` and of `update`.
   */
  async updateWithStart<Name extends string, UpdateInput = unknown, Result = unknown>(
    type: Name,
    input: InputNamed<Workflows, Name>,
    update: UpdateCall<UpdateInput, Result>,
    options: UpdateWithStartOptions = {},
  ): Promise<UpdatedWorkflow<OutputNamed<Workflows, Name>, Result>> {
    const start = { type, input: await this.checkedInput(type, input, options) };
    return updateWithStart(this.clientOf, { ...start, update, options });
  }

  /** The same, but resolves as soon as the workflow has accepted the update. */
  async startUpdateWithStart<Name extends string, UpdateInput = unknown, Result = unknown>(
    type: Name,
    input: InputNamed<Workflows, Name>,
    update: UpdateCall<UpdateInput, Result>,
    options: UpdateWithStartOptions = {},
  ): Promise<UpdatingWorkflow<OutputNamed<Workflows, Name>, Result>> {
    const start = { type, input: await this.checkedInput(type, input, options) };
    return startUpdateWithStart(this.clientOf, { ...start, update, options });
  }

  /** A handle for an id; nothing is asked of Redis. */
  getHandle<Output = unknown>(id: string): WorkflowHandle<Output> {
    return new WorkflowHandle<Output>(this.clientOf, id, undefined);
  }

  signal<Payload>(
    id: string,
    signal: SignalHandle<Payload>,
    ...rest: PayloadArguments<Payload>
  ): Promise<SignalAcknowledgement>;
  signal(
    id: string,
    signal: string,
    payload?: unknown,
    options?: SignalOptions,
  ): Promise<SignalAcknowledgement>;
  /** Errors: `WorkflowNotFoundError`, `WorkflowNotRunningError`, `InboxFullError`, `PayloadTooLargeError`. */
  async signal(
    id: string,
    signal: { name: string } | string,
    payload?: unknown,
    options: SignalOptions = {},
  ) {
    return (await this.client()).signal(id, nameOf(signal), payload, options);
  }

  query<Input, Answer>(
    id: string,
    query: QueryHandle<Input, Answer>,
    ...rest: QueryArguments<Input>
  ): Promise<Awaited<Answer> | undefined>;
  query(id: string, query: string, input?: unknown, options?: QueryOptions): Promise<unknown>;
  /** See `WorkflowHandle.query`. Errors: `WorkflowNotFoundError`, `QueryUnavailableError`, `QueryFailedError`. */
  async query(id: string, query: { name: string } | string, input?: unknown, options: QueryOptions = {}) {
    return (await this.client()).query(id, nameOf(query), input, options);
  }

  update<Input, Result>(
    id: string,
    update: UpdateHandle<Input, Result>,
    ...rest: UpdateArguments<Input>
  ): Promise<Result>;
  update(id: string, update: string, input?: unknown, options?: UpdateOptions): Promise<unknown>;
  /** See `WorkflowHandle.update`. */
  update(id: string, update: { name: string } | string, input?: unknown, options: UpdateOptions = {}) {
    return this.getHandle(id).update(nameOf(update), input, options);
  }

  startUpdate<Input, Result>(
    id: string,
    update: UpdateHandle<Input, Result>,
    ...rest: UpdateArguments<Input>
  ): Promise<AcceptedUpdateHandle<Result>>;
  startUpdate(
    id: string,
    update: string,
    input?: unknown,
    options?: UpdateOptions,
  ): Promise<AcceptedUpdateHandle>;
  /** See `WorkflowHandle.startUpdate`. */
  startUpdate(id: string, update: { name: string } | string, input?: unknown, options: UpdateOptions = {}) {
    return this.getHandle(id).startUpdate(nameOf(update), input, options);
  }

  /**
   * Takes in what `WorkflowHandle.exportHistory` returned, here or elsewhere. A run that was closed stays so; one that was
   * open goes on as a new run from the end of its history. Errors: `InvalidArgumentError` (no such export),
   * `WorkflowAlreadyExistsError`, `InboxFullError`.
   */
  async importHistory(exported: string | Uint8Array, options: ImportOptions = {}): Promise<WorkflowHandle> {
    const run = await (await this.client()).repair.import(parseHistory(exported), options);
    return new WorkflowHandle(this.clientOf, run.workflowId, run.runId);
  }

  /** Newest first. See `ListOptions`. */
  async list(options: ListOptions = {}): Promise<PaginatedResult<WorkflowSummary>> {
    return (await this.client()).list(options);
  }
  /**
   * Changes of workflows as they happen: started, suspended, closed, … First `watching`: a list read after it misses none.
   * `reset` says that changes were missed: list again. Rejects with `InvalidArgumentError` and the reason of `signal`.
   */
  async *watch(
    filter: WatchFilter = {},
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<WatchEvent, void, undefined> {
    const { live } = await this.client();
    yield* eventsOf(live.watch(filter, options));
  }
  async count(filter: RunFilterOptions = {}): Promise<number> {
    return (await this.client()).count(filter);
  }
  /** Counts the runs of a filter by what they have in common, the largest group first. See `AggregateOptions`. */
  async aggregate(filter: RunFilterOptions, options: AggregateOptions): Promise<readonly RunGroup[]> {
    return (await this.client()).aggregate(filter, options);
  }
  /** See `WorkflowHandle.setAttributes`. */
  setAttributes(id: string, attributes: AttributeChanges): Promise<void> {
    return this.getHandle(id).setAttributes(attributes);
  }
  cancel(id: string, options: { reason?: string } = {}): Promise<void> {
    return this.getHandle(id).cancel(options);
  }
  terminate(id: string, options: { reason?: string } = {}): Promise<void> {
    return this.getHandle(id).terminate(options);
  }
  suspend(id: string): Promise<void> {
    return this.getHandle(id).suspend();
  }
  resume(id: string): Promise<void> {
    return this.getHandle(id).resume();
  }

  /** Hands partitions over, lets activities end within `drainMs`, closes all connections. Safe to repeat. */
  shutdown(): Promise<void> {
    this.closing ??= (async () => {
      const runtime = await this.starting?.catch(() => undefined);
      await runtime?.stop();
    })();
    return this.closing;
  }

  private readonly clientOf = (): Promise<WorkflowClient> => this.client();

  private async client(): Promise<WorkflowClient> {
    return (await this.runtime()).client;
  }

  /** @internal */
  protected launch(parts: RuntimeParts): Promise<EngineRuntime> {
    return startRuntime(parts);
  }

  /** @internal */
  protected async runtime(): Promise<EngineRuntime> {
    if (this.closing !== undefined) throw new ShutDownError("the engine is shut down; create another one");
    const { options, roles, registry, activityDefinitions, log } = this;
    this.starting ??= this.launch({ options, roles, registry, activities: activityDefinitions, log });
    try {
      return await this.starting;
    } catch (error) {
      this.starting = undefined;
      throw error;
    }
  }

  private addActivity(activity: AnyActivity): void {
    if (this.starting !== undefined) {
      throw new InvalidArgumentError(
        `activity "${activity.name}" comes too late: the engine's worker runs already; register activities before the first call`,
        { details: { activity: activity.name } },
      );
    }
    if ((this.activityDefinitions.get(activity.name) ?? activity) !== activity) {
      throw new InvalidArgumentError(
        `two activities are named ${JSON.stringify(activity.name)}; give each a name of its own`,
        { details: { activity: activity.name } },
      );
    }
    this.activityDefinitions.set(activity.name, activity);
  }

  private async checkedInput(
    type: string,
    input: unknown,
    options: Pick<StartOptions, "attributes">,
  ): Promise<unknown> {
    const definition = this.registry.find(type, undefined);
    if (definition === undefined) {
      // A pure client need not know the workflows that others run.
      if (!this.roles.has("coordinator")) return input;
      throw new WorkflowTypeNotRegisteredError(
        `workflow type "${type}" is not registered; this engine has ${this.registry.types.join(", ") || "none"}`,
        { details: { type } },
      );
    }
    assertDeclaredAttributes(definition, options);
    return validateInput(definition, input);
  }
}
