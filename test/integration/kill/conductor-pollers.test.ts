// Workers of Conductor poll two gateways; one gateway and one of the workers are killed while they have tasks.
import { fileURLToPath } from "node:url";
import { conductorWorkflow, replayedExecution } from "@heddle/conductor";
import { randomNamespace, spawnProcess, waitFor, type SpawnedProcess } from "@heddle/testkit";
import { expect, inject, onTestFinished, test } from "vitest";
import { openEngine } from "../support/open-engine.js";

const entry = fileURLToPath(new URL("../../../apps/gateway/src/main.ts", import.meta.url));
const READY = /gateway ready/;
const EXECUTIONS = 60;

type Json = Record<string, unknown>;

async function startGateway(namespace: string): Promise<{ process: SpawnedProcess; url: string }> {
  const process = await spawnProcess({
    ...{ name: "gateway", entry, readyWhen: READY },
    env: {
      REDIS_URL: inject("redisUrl"),
      HEDDLE_NAMESPACE: namespace,
      HEDDLE_PORT: "0",
      HEDDLE_HOST: "127.0.0.1",
      HEDDLE_DEV: "1",
      HEDDLE_ADMIN_KEY: undefined,
    },
  });
  onTestFinished(async () => {
    await process.kill();
  });
  const { url } = JSON.parse(await process.waitForLine(READY)) as { url: string };
  return { process, url: `${url}/api` };
}

async function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    ...{ method: "POST", body: JSON.stringify(body) },
    headers: { "content-type": "application/json" },
  });
}

const definition = {
  name: "jobs",
  tasks: [
    {
      ...{ name: "job", taskReferenceName: "job", type: "SIMPLE" },
      taskDefinition: { name: "job", responseTimeoutSeconds: 2, retryCount: 10, retryDelaySeconds: 0 },
    },
  ],
};

test("each task has exactly one recorded result, and none is lost", { timeout: 120_000 }, async () => {
  const namespace = randomNamespace("pollers");
  const engine = await openEngine({ namespace, workflows: [conductorWorkflow] });
  const [first, second] = await Promise.all([startGateway(namespace), startGateway(namespace)]);

  let done = 0;
  let isOver = false;
  /** Polls until all is over; goes on at the other gateway when its own does not answer. */
  const work = async (name: string, gateway: { url: string }, dies: boolean): Promise<void> => {
    let { url } = gateway;
    while (!isOver) {
      try {
        const query = `count=3&timeout=500&workerid=${name}`;
        const tasks = (await (await fetch(`${url}/tasks/poll/batch/job?${query}`)).json()) as Json[];
        // Killed with what it has.
        if (dies && done > EXECUTIONS / 4 && tasks.length > 0) return;
        for (const { taskId, workflowInstanceId } of tasks) {
          const result = {
            taskId,
            workflowInstanceId,
            status: "COMPLETED",
            outputData: { by: name },
            workerId: name,
          };
          const { status } = await post(`${url}/tasks`, result);
          expect(status).toBe(200);
          done++;
        }
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // fetch cannot reach it
        ({ url } = second);
      }
    }
  };
  const workers = Array.from({ length: 6 }, (_, index) =>
    work(`w${index}`, index % 2 === 0 ? first : second, index === 3),
  );

  const ids: string[] = [];
  for (let index = 0; index < EXECUTIONS; index++) {
    if (index === EXECUTIONS / 2) {
      await waitFor(() => done > EXECUTIONS / 4, { description: "some tasks are done" });
      await first.process.kill();
    }
    ids.push(await (await post(`${second.url}/workflow`, { name: "jobs", workflowDef: definition })).text());
  }
  const outputs = await Promise.all(ids.map((id) => engine.getHandle<Json>(id).result()));
  isOver = true;
  await Promise.all(workers);

  expect(outputs).toHaveLength(EXECUTIONS);
  for (const id of ids) {
    const execution = await replayedExecution(await engine.getHandle(id).exportHistory());
    const tasks = execution["tasks"] as Json[];
    expect(tasks.filter(({ status }) => status === "COMPLETED")).toHaveLength(1);
    expect(tasks.every(({ status }) => status === "COMPLETED" || status === "TIMED_OUT")).toBe(true);
  }
});
