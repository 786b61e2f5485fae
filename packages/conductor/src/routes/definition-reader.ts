import { checkScripts } from "../definition/check-scripts.js";
import type { DefinitionCheckOptions } from "../definition/check-definition.js";
import { eachTask } from "../definition/each-task.js";
import type { EventHandler } from "../definition/event-handler.js";
import {
  readEventHandler,
  readStartWorkflowRequest,
  readWorkflowDef,
  readWorkflowSchedule,
} from "../definition/read-request.js";
import type { StartWorkflowRequest } from "../definition/start-workflow-request.js";
import { ValidationFailedError, validationError } from "../definition/validation-error.js";
import { workflowDef, type WorkflowDef } from "../definition/workflow-def.js";
import type { WorkflowSchedule } from "../definition/workflow-schedule.js";
import type { MetadataStore } from "../metadata/metadata-store.js";
import type { EgressPolicy } from "../system/egress/egress-policy.js";
import { httpInputFault } from "../system/http/http-task.js";
import type { Sandbox } from "../system/sandbox/sandbox.js";
import { EVALUATORS, syntaxProblem } from "../system/script/evaluate-script.js";

/** Reads definitions that callers send, with all that is known here: registered tasks, egress rules, the sandbox. */
export class DefinitionReader {
  readonly #options: DefinitionCheckOptions;

  constructor(
    private readonly metadata: MetadataStore,
    private readonly sandbox: Sandbox,
    {
      egress,
      environment = {},
    }: {
      readonly egress: EgressPolicy;
      readonly environment?: Readonly<Record<string, string>> | undefined;
    },
  ) {
    this.#options = {
      environmentNames: Object.keys(environment),
      httpFault: (inputs) => httpInputFault(inputs, egress),
    };
  }

  /** Throws `ValidationFailedError`. */
  async workflow(json: unknown): Promise<WorkflowDef> {
    const definition = readWorkflowDef(json, await this.#optionsFor(json));
    await this.#assertScripts("workflow definition", definition);
    return definition;
  }

  /** Throws `ValidationFailedError`. */
  async startRequest(json: unknown): Promise<StartWorkflowRequest> {
    const inline: unknown = (json as { workflowDef?: unknown } | null | undefined)?.workflowDef;
    const request = readStartWorkflowRequest(json, await this.#optionsFor(inline));
    if (request.workflowDef !== undefined) await this.#assertScripts("start request", request.workflowDef);
    return request;
  }

  /** A schedule, with the request that it starts. Throws `ValidationFailedError`. */
  async schedule(json: unknown): Promise<WorkflowSchedule> {
    const schedule = readWorkflowSchedule(json);
    const { startWorkflowRequest } = json as { readonly startWorkflowRequest: unknown };
    return { ...schedule, startWorkflowRequest: await this.startRequest(startWorkflowRequest) };
  }

  /** Throws `ValidationFailedError`. */
  async eventHandler(json: unknown): Promise<EventHandler> {
    const handler = readEventHandler(json);
    const { condition = "", evaluatorType: evaluator } = handler;
    if (evaluator !== undefined && !EVALUATORS.some((known) => known === evaluator)) {
      const message = `is one of ${EVALUATORS.join(", ")}`;
      const error = validationError({ at: ["evaluatorType"], message, value: evaluator });
      throw new ValidationFailedError("event handler", [error]);
    }
    if (condition.trim() === "") return handler;
    const problem = await syntaxProblem(this.sandbox, { expression: condition, evaluator });
    if (problem === undefined) return handler;
    const message = `Expression is not well formatted: ${problem}`;
    const error = validationError({ at: ["condition"], message, value: condition });
    throw new ValidationFailedError("event handler", [error]);
  }

  async #optionsFor(json: unknown): Promise<DefinitionCheckOptions> {
    const parsed = workflowDef.safeParse(json);
    if (!parsed.success) return this.#options;
    const names = Array.from(eachTask(parsed.data.tasks), ({ task }) => task.name);
    const known = await this.metadata.tasksNamed(names);
    return { ...this.#options, registeredTaskDef: (name) => known.get(name) };
  }

  async #assertScripts(what: string, definition: WorkflowDef): Promise<void> {
    const errors = await checkScripts(definition, (script) => syntaxProblem(this.sandbox, script));
    if (errors.length > 0) throw new ValidationFailedError(what, errors);
  }
}
