// What a worker under test does for executions of definitions: all system tasks, look-ups, and the task types of the walk.
import { setTimeout as delay } from "node:timers/promises";
import {
  createSystemTasks,
  queryTasks,
  readWorkflowDef,
  systemTaskActivities,
  updateTask,
} from "@heddle/conductor";
import { WorkflowClient, type AcceptingStore } from "@heddle/core";
import { randomIdSource } from "@heddle/redis-store";
import { activity, type AnyActivity } from "@heddle/workflow";
import { CHILD } from "./definition-walk.js";
import { setting } from "./setting.js";

type Json = Readonly<Record<string, unknown>>;

/** Its connections and threads end with the process. */
export function definitionActivities(store: AcceptingStore): AnyActivity[] {
  const brokers = setting("KAFKA_BROKERS").split(",");
  const tasks = createSystemTasks({
    http: { allowedHosts: [setting("HTTP_HOST")] },
    kafka: { brokers, allowedHosts: brokers },
    // Its machine may be busy with other tests.
    sandbox: { deadlineMs: 60_000 },
  });
  const client = new WorkflowClient(store, randomIdSource, { maxPayloadBytes: 1024 * 1024 });
  return [
    ...systemTaskActivities(tasks),
    lookUp("conductor.findDefinition", ({ name }) => (name === CHILD.name ? readWorkflowDef(CHILD) : null)),
    lookUp("conductor.findTaskDefinitions", () => ({})),
    worker("echo", ({ inputData }) => ({ text: (inputData as Json)["text"] })),
    worker("flaky", ({ retryCount }) => {
      if (retryCount === 0) throw new Error("not at the first attempt");
      return { attempt: retryCount };
    }),
    worker("hopeless", () => {
      throw Object.assign(new Error("never"), { name: "NonRetryableError" });
    }),
    worker("approve", async ({ inputData, workflowInstanceId }) => {
      const { refs } = inputData as { refs: string[] };
      for (const ref of refs) await approve(client, String(workflowInstanceId), ref);
      return { refs };
    }),
  ];
}

/** Completes a task as soon as only somebody outside can. A worker before this one may have done so. */
async function approve(client: WorkflowClient, workflowId: string, ref: string): Promise<void> {
  const update = {
    ...{ taskReferenceName: ref, status: "COMPLETED" },
    ...{ outputData: { approved: true }, mergeOutput: true },
  };
  for (let nth = 1; ; nth++) {
    try {
      const { results } = (await client.query(workflowId, queryTasks.name)) as { results: readonly Json[] };
      const { status, taskType, callbackAfterSeconds } =
        results.find(({ referenceTaskName }) => referenceTaskName === ref) ?? {};
      if (status === "COMPLETED") return;
      // An `asyncComplete` task waits once its own work is done; HUMAN always does.
      if (status === "IN_PROGRESS" && (taskType === "HUMAN" || Number(callbackAfterSeconds) > 0)) {
        await client.updates.execute(workflowId, updateTask.name, update, { updateId: `approve-${ref}` });
        return;
      }
    } catch {
      // Nobody owns the run at the moment.
    }
    await delay(Math.min(1_000, nth * 50));
  }
}

function worker(type: string, execute: (task: Json) => unknown): AnyActivity {
  return activity<Json, unknown>({ name: type, queue: type, execute });
}

function lookUp(name: string, execute: (call: Json) => unknown): AnyActivity {
  return activity<Json, unknown>({ name, queue: "conductor.system", execute });
}
