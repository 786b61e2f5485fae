// Conductor's SDK at gateways that ask who calls, and at one that does not.
import type { Role } from "@heddle/protocol";
import { expect, test } from "vitest";
import { ADMIN_KEY } from "./support/guarded-gateways.js";
import { openConductor, task } from "./support/open-conductor.js";
import { openConductorSdk, sdkClients } from "./support/open-conductor-sdk.js";

const definition = { name: "waits", version: 1, tasks: [task("wait", "WAIT")] } as never;

/** A gateway that knows the admin key, over a port. */
async function openGuarded() {
  const api = await openConductor({ runs: false, credentials: { adminKey: ADMIN_KEY } });
  const url = await api.gateway.listen({ host: "127.0.0.1", port: 0 });
  const createKey = async (role: Role): Promise<{ id: string; key: string }> => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const { body } = await api.call("POST", "/v1/keys", { label: `a ${role}`, role }, headers);
    return { id: String(body["id"]), key: String(body["key"]) };
  };
  return { ...api, url, createKey };
}

test("a gateway that asks nobody has no tokens, which the SDK takes for a server without keys", async () => {
  const { call, url } = await openConductorSdk({ runs: false });
  expect(await call("POST", "/token", { keyId: "a", keySecret: "b" })).toMatchObject({ status: 404 });
  const { metadata } = await sdkClients(url, { keyId: "a", keySecret: "b" });
  await metadata.registerWorkflowDef(definition);
});

test("an API key of Heddle is the secret of the SDK, and its role decides what the SDK may do", async () => {
  const { url, createKey } = await openGuarded();
  const operator = await createKey("operator");
  const asOperator = await sdkClients(url, { keyId: operator.id, keySecret: operator.key });
  await asOperator.metadata.registerWorkflowDef(definition);
  const workflowId = await asOperator.executor.startWorkflow({ name: "waits" });
  expect(workflowId).toMatch(/^[0-9a-f-]{36}$/);

  const reader = await createKey("reader");
  const asReader = await sdkClients(url, { keyId: reader.id, keySecret: reader.key });
  await expect(asReader.executor.startWorkflow({ name: "waits" })).rejects.toThrow(
    `Failed to start workflow: key:${reader.id} has the role reader in this namespace; conductor.startWorkflow needs the role signaller`,
  );
  const withoutKey = await sdkClients(url);
  await expect(withoutKey.executor.startWorkflow({ name: "waits" })).rejects.toThrow(
    "Failed to start workflow: no credentials",
  );
});

test("a wrong secret is refused as it would be in a header, and holds its sender off", async () => {
  const { call } = await openGuarded();
  const exchange = (keySecret: unknown) => call("POST", "/token", { keyId: "any", keySecret });
  expect(await exchange(ADMIN_KEY)).toMatchObject({ status: 200, body: { token: ADMIN_KEY } });
  expect(await exchange("")).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
  expect(await exchange("two words")).toMatchObject({ status: 401 });
  const refused = await exchange("wrong");
  expect(refused).toMatchObject({
    status: 401,
    headers: { "www-authenticate": 'Bearer realm="heddle", error="invalid_token"' },
    body: { status: 401, code: "UNAUTHENTICATED", message: expect.stringContaining("no API key") as string },
  });
  expect(refused.text).not.toContain("wrong");
  for (let tries = 2; tries < 20; tries++) await exchange("wrong");
  expect(await exchange("wrong")).toMatchObject({ status: 429, body: { retryable: true } });
});

test("x-authorization is for Conductor's routes alone, and authorization goes before it", async () => {
  const { call } = await openGuarded();
  const withHeaders = (path: string, headers: Record<string, string>) =>
    call("GET", path, undefined, headers);
  const token = { "x-authorization": ADMIN_KEY };
  expect(await withHeaders("/workflow/none", token)).toMatchObject({ status: 404 });
  expect(await withHeaders("/v1/workflows", token)).toMatchObject({ status: 401 });
  const both = { ...token, authorization: "Bearer wrong" };
  expect(await withHeaders("/workflow/none", both)).toMatchObject({ status: 401 });
  expect(await withHeaders("/workflow/none", { "x-authorization": "wrong" })).toMatchObject({ status: 401 });
});
