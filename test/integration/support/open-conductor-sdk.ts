import { waitFor } from "@heddle/testkit";
import {
  ConductorWorkflow,
  EventClient,
  MetadataClient,
  orkesConductorClient,
  SchedulerClient,
  TaskClient,
  WorkflowExecutor,
} from "@io-orkes/conductor-javascript";
import { onTestFinished, vi } from "vitest";
import { openConductor, type OpenConductorOptions } from "./open-conductor.js";

export interface SdkOptions {
  readonly keyId?: string;
  readonly keySecret?: string;
}

/** Clients of Conductor's JavaScript SDK at the URL of a gateway. */
export async function sdkClients(serverUrl: string, options: SdkOptions = {}) {
  // It tells on the console that no key stands in the environment, each time.
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  onTestFinished(() => warn.mockRestore());
  const client = await orkesConductorClient({ serverUrl, refreshTokenInterval: 0, ...options });
  return {
    client,
    executor: new WorkflowExecutor(client),
    metadata: new MetadataClient(client),
    tasks: new TaskClient(client),
    scheduler: new SchedulerClient(client),
    events: new EventClient(client),
  };
}

/** As `openConductor`, over a port, with the SDK's clients of it. */
export async function openConductorSdk(options: OpenConductorOptions & SdkOptions = {}) {
  const api = await openConductor(options);
  const url = await api.gateway.listen({ host: "127.0.0.1", port: 0 });
  return { ...api, url, ...(await sdkClients(`${url}/api`, options)) };
}

type Task = Parameters<ConductorWorkflow["add"]>[0];

/** A WAIT for a signal, of which the SDK has no builder. */
export function signalWait(ref: string): Task {
  return { name: ref, taskReferenceName: ref, type: "WAIT", inputParameters: {} };
}

/** Registers a definition whose one task, `answer`, waits for a signal; its output is that of the execution. */
export async function registerWait(executor: WorkflowExecutor, name = "waits"): Promise<void> {
  await new ConductorWorkflow(executor, name)
    .add(signalWait("answer"))
    .outputParameter("answer", "${answer.output}")
    .register();
}

/** The execution once it has this status. */
export async function inStatus(executor: WorkflowExecutor, workflowId: string, status: string) {
  return waitFor(
    async () => {
      const execution = await executor.getWorkflow(workflowId, true);
      return execution.status === status ? execution : undefined;
    },
    { description: `the execution is ${status}` },
  );
}
