import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { type AcceptingStore, type AccessStore, WorkflowClient } from "@heddle/core";
import { createLogger } from "@heddle/telemetry";
import { expect, onTestFinished, test } from "vitest";
import { createGateway } from "../create-gateway.js";

test("work on many runs ends when its caller goes away: nobody would hear what became of the rest", async () => {
  const asked: string[] = [];
  let hasGone: () => void;
  const gone = new Promise<void>((resolve) => (hasGone = resolve));
  let isAsked: () => void;
  const begun = new Promise<void>((resolve) => (isAsked = resolve));
  const terminate: AcceptingStore["terminate"] = async ({ workflowId }) => {
    asked.push(workflowId);
    isAsked();
    await gone;
    return { outcome: "applied", runId: "r", status: "terminated" };
  };
  const store = { terminate, workflowIdOfKey: (key: string) => `key-${key}` } as unknown as AcceptingStore;
  const ids = { randomId: () => "random", workflowId: () => "fresh" };
  const gateway = createGateway({
    client: new WorkflowClient(store, ids, { maxPayloadBytes: 1_024 }),
    log: createLogger({ name: "test", level: "silent" }),
    access: { store: {} as AccessStore, credentials: "none" },
  });
  onTestFinished(() => gateway.close());
  const answered = new Promise<unknown>((resolve) => {
    gateway.addHook("onSend", (_request, _reply, payload, done) => {
      resolve(JSON.parse(String(payload)));
      done();
    });
  });
  await gateway.listen({ host: "127.0.0.1", port: 0 });
  gateway.server.on("connection", (socket) => socket.once("close", () => hasGone()));

  const runs = Array.from({ length: 20 }, (_, number) => ({ id: `w${number}`, runId: "r" }));
  const { port } = gateway.server.address() as AddressInfo;
  const call = request({
    ...{ port, method: "POST", path: "/api/v1/workflows/bulk/terminate" },
    headers: { "content-type": "application/json" },
  });
  call.end(JSON.stringify({ runs, concurrency: 2 }));
  call.on("error", () => undefined);
  await begun;
  call.destroy();
  expect(await answered).toMatchObject({ code: "OUTCOME_UNKNOWN" });
  expect(asked).toEqual(["w0", "w1"]);
});
