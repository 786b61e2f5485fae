import type { AddressInfo } from "node:net";
import {
  QueueClient,
  WorkflowClient,
  type AcceptingStore,
  type AccessStore,
  type QueueStore,
} from "@heddle/core";
import { createLogger } from "@heddle/telemetry";
import { createGateway, type Gateway, type GatewayLimits } from "../create-gateway.js";

export interface UntouchableGateway {
  readonly gateway: Gateway;
  readonly port: number;
  /** What the store was asked for, and what the gateway logged. */
  readonly touched: string[];
  readonly logLines: readonly string[];
}

/** A gateway on a free port whose store nobody may ask: a refusal that reaches it comes back as a 500. */
export async function openUntouchableGateway(limits: GatewayLimits = {}): Promise<UntouchableGateway> {
  const touched: string[] = [];
  const store = new Proxy({} as AcceptingStore & QueueStore, {
    get: (_target, method) => () => {
      touched.push(String(method));
      throw new Error("the store was asked");
    },
  });
  const logLines: string[] = [];
  const ids = { randomId: () => "random", workflowId: () => "fresh" };
  const destination = { write: (line: string) => void logLines.push(line) };
  const gateway = createGateway({
    client: new WorkflowClient(store, ids, { maxPayloadBytes: 1_024 }),
    queues: new QueueClient(store, { backlog: () => Promise.reject(new Error("asked")) }),
    log: createLogger({ name: "test", level: "trace", destination }),
    access: { store: {} as AccessStore, credentials: "none" },
    limits,
  });
  await gateway.listen({ host: "127.0.0.1", port: 0 });
  const { port } = gateway.server.address() as AddressInfo;
  return { gateway, port, touched, logLines };
}
