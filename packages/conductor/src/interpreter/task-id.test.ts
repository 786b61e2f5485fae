import { expect, test } from "vitest";
import { taskIdOf, workflowIdOfTask } from "./task-id.js";

const UUID = "0f9a8b7c-1111-4222-8333-444455556666";

test.each(["0197a5b2-6a52-7d5e-9d3a-1f2e3d4c5b6a", "key-0123abcd", "order_7"])(
  "the id of a task of %s tells of which workflow it is",
  (workflowId) => {
    const taskId = taskIdOf(workflowId, 12, UUID);
    expect(taskId).toBe(`${workflowId}.12.0f9a8b7c`);
    expect(workflowIdOfTask(taskId)).toBe(workflowId);
  },
);

test.each(["a/b", "a b", "order.7", "é", "x".repeat(91), ""])(
  "a workflow id that cannot stand in a path, %j, is not carried",
  (workflowId) => {
    expect(taskIdOf(workflowId, 1, UUID)).toBe(UUID);
  },
);

test.each([UUID, "", "order", "order.1", "order.1.xyz", "a/b.1.0f9a8b7c", "order.1.0f9a8b7c.2"])(
  "%j tells of no workflow",
  (taskId) => {
    expect(workflowIdOfTask(taskId)).toBeUndefined();
  },
);
