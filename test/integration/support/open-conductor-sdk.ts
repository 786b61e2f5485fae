import {
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
