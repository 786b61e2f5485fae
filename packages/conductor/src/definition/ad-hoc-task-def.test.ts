import { expect, test } from "vitest";
import { adHocTaskDef } from "./ad-hoc-task-def.js";

test("a SIMPLE task without a definition is retried, a task of another type is tried once", () => {
  expect(adHocTaskDef({ name: "a", type: "SIMPLE" })).toMatchObject({
    name: "a",
    retryCount: 3,
    retryDelaySeconds: 60,
    responseTimeoutSeconds: 3600,
  });
  expect(adHocTaskDef({ name: "b", type: "HTTP" })).toMatchObject({
    name: "b",
    retryCount: 0,
    responseTimeoutSeconds: 0,
  });
});
