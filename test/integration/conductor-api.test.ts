// Conductor's REST API on a real gateway, with executions that run.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { MessageSink } from "@heddle/conductor";
import { waitFor } from "@heddle/testkit";
import { expect, onTestFinished, test } from "vitest";
import { openConductor, task } from "./support/open-conductor.js";

test("a definition is registered, started by name and runs to its end", async () => {
  const api = await openConductor();
  const registered = await api.post("/metadata/workflow", {
    name: "sums",
    tasks: [
      task("sum", "INLINE", {
        inputParameters: { a: "${workflow.input.a}", expression: "$.a + 1", evaluatorType: "javascript" },
      }),
    ],
    outputParameters: { sum: "${sum.output.result}" },
    unknownProperty: 1,
  });
  expect(registered).toMatchObject({ status: 200, text: "" });
  expect(registered.headers["content-type"]).toBeUndefined();

  const started = await api.post("/workflow/sums?correlationId=order-7", { a: 41 });
  expect(started).toMatchObject({ status: 200 });
  expect(started.headers["content-type"]).toMatch(/^text\/plain/);
  const workflowId = started.text;

  const ended = await waitFor(
    async () => {
      const { status, body } = await api.get(`/workflow/${workflowId}`);
      expect(status).toBe(200);
      return body["status"] === "COMPLETED" ? body : undefined;
    },
    { description: "the execution is completed" },
  );
  expect(ended).toMatchObject({
    ...{ workflowId, workflowName: "sums", workflowVersion: 1, correlationId: "order-7" },
    ...{ input: { a: 41 }, output: { sum: 42 } },
    tasks: [{ taskType: "INLINE", status: "COMPLETED", referenceTaskName: "sum" }],
  });
  const without = await api.get(`/workflow/${workflowId}?includeTasks=false`);
  expect(without.body["tasks"]).toEqual([]);
});

test("what is refused is told in the shape that Conductor's clients read", async () => {
  const api = await openConductor({ runs: false });
  expect(await api.post("/metadata/workflow", { name: "empty", tasks: [] })).toMatchObject({
    status: 400,
    body: {
      ...{ status: 400, code: "INVALID_ARGUMENT", retryable: false },
      message: "Validation failed, check below errors for detail.",
      validationErrors: [{ path: "tasks", message: "WorkflowDef tasks cannot be empty" }],
    },
  });
  const unknown = await api.post("/workflow/none", {});
  expect(unknown).toMatchObject({
    status: 404,
    body: { status: 404, code: "DEFINITION_NOT_FOUND", message: expect.stringContaining("none") as string },
  });
  expect(await api.get("/workflow/none")).toMatchObject({ status: 404, body: { status: 404 } });
  expect(await api.get("/no/such/path")).toMatchObject({ status: 404, body: { code: "ROUTE_NOT_FOUND" } });
  expect(await api.put("/workflow/none")).toMatchObject({
    status: 405,
    headers: { allow: "DELETE, GET, HEAD, POST" },
  });
});

test("secrets are put into tasks and stored nowhere; expressions read the operator's variables alone", async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(String(request.headers.authorization));
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const published: string[] = [];
  const sink: MessageSink = {
    publish: ({ value }) => {
      published.push(value);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const api = await openConductor({
    system: { http: { allowedHosts: [host] }, sinks: { test: sink }, secrets: { TOKEN: "t0p-s3cret" } },
    plugin: { environment: { REGION: "eu" }, secretNames: ["TOKEN"] },
  });
  const uri = `http://${host}/`;
  const workflowDef = {
    name: "secrets",
    tasks: [
      task("call", "HTTP", {
        inputParameters: {
          uri,
          method: "GET",
          headers: { authorization: "Bearer ${workflow.secrets.TOKEN}" },
        },
      }),
      task("tell", "EVENT", {
        sink: "test:x",
        inputParameters: { key: "${workflow.secrets.TOKEN}", region: "${REGION}", home: "${HOME}" },
      }),
    ],
  };
  expect(await api.post("/metadata/workflow/validate", workflowDef)).toMatchObject({
    status: 400,
    body: { validationErrors: [{ path: "tasks[1].inputParameters.home" }] },
  });
  workflowDef.tasks[1] = task("tell", "EVENT", {
    ...{ sink: "test:x", inputParameters: { key: "${workflow.secrets.TOKEN}", region: "${REGION}" } },
  });
  const { body } = await api.post("/workflow/execute/secrets/1", { workflowDef });
  expect(body).toMatchObject({ status: "COMPLETED" });
  expect(seen).toEqual(["Bearer t0p-s3cret"]);
  expect(published.map((value) => JSON.parse(value) as unknown)).toMatchObject([
    { key: "t0p-s3cret", region: "eu" },
  ]);
  const whole = (await api.get(`/workflow/${String(body["targetWorkflowId"])}`)).text;
  expect(whole).not.toContain("t0p-s3cret");
  expect(whole).toContain("${workflow.secrets.TOKEN}");
  expect(await api.client.exportHistory(String(body["targetWorkflowId"]))).not.toContain("t0p-s3cret");
  expect(JSON.parse((await api.get("/secrets")).text)).toEqual(["TOKEN"]);
  expect((await api.get("/environment")).body).toEqual({ REGION: "eu" });
  expect(await api.get("/environment/REGION")).toMatchObject({ status: 200, text: "eu" });
  expect(await api.get("/environment/HOME")).toMatchObject({ status: 404 });
  expect((await api.get("/health")).body).toMatchObject({ healthy: true });
  expect(await api.get("/version")).toMatchObject({
    status: 200,
    text: expect.stringMatching(/^\d/) as string,
  });
});
