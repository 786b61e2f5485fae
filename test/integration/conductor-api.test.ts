// Conductor's REST API on a real gateway, with executions that run.
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
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
