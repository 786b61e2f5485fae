import * as fc from "fast-check";
import { assertQueueName } from "@heddle/protocol";
import { expect, test } from "vitest";
import { domainsOf, taskQueueName, taskTypeOfQueue } from "./task-queue-name.js";

test("a plain type is its own queue, a domain goes before it", () => {
  expect(taskQueueName("ship_order-2")).toBe("ship_order-2");
  expect(taskQueueName("ship", "blue")).toBe("blue..ship");
  expect(taskQueueName("ship order")).toBe("ship.20order");
});

test("every type and domain has a valid queue of its own", () => {
  const text = fc.oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^[a.:é-]{1,80}$/));
  const name = fc.tuple(text, fc.option(text, { nil: undefined }));
  fc.assert(
    fc.property(name, name, (one, other) => {
      const queues = [taskQueueName(...one), taskQueueName(...other)];
      for (const queue of queues) assertQueueName(queue);
      expect(queues[0] === queues[1]).toBe(one[0] === other[0] && one[1] === other[1]);
      const told = taskTypeOfQueue(queues[0] ?? "");
      if (told !== undefined) expect([told.taskType, told.domain]).toEqual(one);
    }),
  );
});

test("the domains are those of the type, else of any type, in order", () => {
  expect(domainsOf("a", { a: "x", "*": "y" })).toEqual(["x"]);
  expect(domainsOf("b", { a: "x", "*": "y, z" })).toEqual(["y", "z"]);
  expect(domainsOf("b", { b: "x,NO_DOMAIN" })).toEqual(["x", undefined]);
  expect(domainsOf("constructor", {})).toEqual([undefined]);
});

test("a queue's name tells its type and domain, a digest does not", () => {
  expect(taskTypeOfQueue(taskQueueName("com.acme.ship", "blue"))).toEqual({
    ...{ taskType: "com.acme.ship", domain: "blue" },
  });
  expect(taskTypeOfQueue(taskQueueName("x".repeat(80)))).toBeUndefined();
});
