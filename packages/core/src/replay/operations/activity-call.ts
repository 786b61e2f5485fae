import {
  assertActivityReference,
  assertName,
  assertQueueName,
  InvalidArgumentError,
  resolveActivityLimits,
  resolveActivityPolicy,
  type ActivityPolicy,
} from "@heddle/protocol";
import { DEFAULT_QUEUE, type AnyActivity, type AnyWorkflow, type RunOptions } from "@heddle/workflow";
import type { ActivityDefaults, Runtime } from "../runtime.js";
import { ActivityOperation } from "./activity-operation.js";

/** `ctx.run` of an activity: what it names, where it is queued and by which policy. Throws `InvalidArgumentError`. */
export function activityOperation(
  runtime: Runtime,
  workflow: AnyWorkflow,
  call: { target: unknown; input: unknown; options: RunOptions | undefined },
): ActivityOperation<unknown> {
  const { target, input, options = {} } = call;
  const definition = typeof target === "string" ? activityNamed(workflow, target) : activityOf(target);
  const name = definition?.name ?? target;
  assertName(name, "activity name");
  const defaults: ActivityDefaults | undefined = definition ?? runtime.activityDefaults(name);
  const queue = options.queue ?? defaults?.queue ?? DEFAULT_QUEUE;
  assertQueueName(queue);
  const policy = policyOf(name, defaults, options);
  const { reference } = options;
  if (reference !== undefined) assertActivityReference(reference);
  return new ActivityOperation({ name, input, queue, policy, reference });
}

const NO_DEFAULTS = {};
/** By the defaults they come from, because most calls of an activity set nothing of their own. */
const policies = new WeakMap<object, ActivityPolicy>();

function policyOf(name: string, defaults: ActivityDefaults | undefined, options: RunOptions): ActivityPolicy {
  const { retry, timeouts, limits } = options;
  if (retry !== undefined || timeouts !== undefined || limits !== undefined) {
    return resolveActivityPolicy(
      { ...defaults?.retry, ...retry },
      { ...defaults?.timeouts, ...timeouts },
      resolveActivityLimits(name, limits ?? defaults?.limits),
    );
  }
  const key = defaults ?? NO_DEFAULTS;
  let policy = policies.get(key);
  if (policy === undefined) {
    policy = resolveActivityPolicy(
      defaults?.retry,
      defaults?.timeouts,
      resolveActivityLimits(name, defaults?.limits),
    );
    policies.set(key, policy);
  }
  return policy;
}

/** Only what the author put into the map: every object also has a "constructor". */
function activityNamed(workflow: AnyWorkflow, key: string): AnyActivity | undefined {
  return Object.hasOwn(workflow.activities, key) ? workflow.activities[key] : undefined;
}

function activityOf(target: unknown): AnyActivity {
  if (typeof target === "object" && target !== null && "kind" in target && target.kind === "activity") {
    return target as AnyActivity;
  }
  throw new InvalidArgumentError("ctx.run takes the name of an activity, an activity, or a function");
}
