import { describe, expect, test } from "vitest";
import { eventHandler } from "../definition/event-handler.js";
import type { JsonMap } from "../definition/json-bean.js";
import { EventActionError, eventRequestOf } from "./event-action.js";
import { payloadOf } from "./event-message.js";

function requestOf(action: JsonMap, payload: JsonMap) {
  const handler = eventHandler.parse({ name: "h", event: "e:x", actions: [action] });
  const [read] = handler.actions;
  if (read === undefined) throw new Error("no action");
  return eventRequestOf(read, { event: "e:x", messageId: "m1", payload });
}
const origin = { "conductor.event.messageId": "m1", "conductor.event.name": "e:x" };

describe("an action is what its texts say of the payload", () => {
  test("values keep their types, and what is missing is null", () => {
    const start = {
      ...{ name: "w", version: 2, correlationId: "c-${id}" },
      input: {
        whole: "${order}",
        missing: "${no.such}",
        text: "${order.id}: ${order}",
        literal: "$${order}",
      },
    };
    const payload = { id: 7, order: { id: 8 }, taskToDomain: { "*": "blue", odd: 1 } };
    expect(requestOf({ action: "start_workflow", start_workflow: start }, payload)).toEqual({
      kind: "start",
      ...{ name: "w", version: 2, correlationId: "c-7", taskToDomain: { "*": "blue" } },
      input: {
        ...{ whole: { id: 8 }, missing: null, text: '8: {"id":8}', literal: "${order}" },
        ...origin,
      },
    });
  });

  test("expressions in the payload are data", () => {
    const start = { name: "w", input: { given: "${text}" } };
    const request = requestOf(
      { action: "start_workflow", start_workflow: start },
      { text: "${workflow.secrets.TOKEN}" },
    );
    expect(request).toMatchObject({ input: { given: "${workflow.secrets.TOKEN}" } });
  });

  test("a task id tells its workflow, and one that does not is refused without one", () => {
    const complete = (details: JsonMap) =>
      requestOf({ action: "complete_task", complete_task: details }, { task: "w-1.3.0a1b2c3d" });
    expect(complete({ taskId: "${task}" })).toMatchObject({
      workflowId: "w-1",
      input: { taskId: "w-1.3.0a1b2c3d", status: "COMPLETED" },
    });
    expect(() => complete({ taskId: "${no.task}" })).toThrow(EventActionError);
    expect(() => complete({ taskId: "4c9185e5-ab9a-4266-8b0d-2b9e92a0fdd0" })).toThrow(/names no task/);
    expect(() => complete({ workflowId: "w", taskRefName: "${no.name}" })).toThrow(/names no task/);
  });

  test("texts that hold JSON are read where the action says so", () => {
    const terminate = (expandInlineJSON: boolean) =>
      requestOf(
        {
          ...{ action: "terminate_workflow", expandInlineJSON },
          terminate_workflow: { workflowId: "${body.inner.id}" },
        },
        { body: JSON.stringify({ inner: JSON.stringify({ id: 7 }) }) },
      );
    expect(terminate(true)).toMatchObject({ kind: "update", workflowId: "7" });
    expect(() => terminate(false)).toThrow(/names no workflow/);
  });
});

test.each([
  ['{"a":1}', { a: 1 }],
  ["[1]", { value: [1] }],
  ["7", { value: 7 }],
  ["null", { value: null }],
  ["no json", { value: "no json" }],
  ["", { value: "" }],
  ['{"__proto__":{}}', { value: '{"__proto__":{}}' }],
])("the message %j has the payload %j", (text, payload) => {
  expect(payloadOf(text)).toEqual(payload);
});
