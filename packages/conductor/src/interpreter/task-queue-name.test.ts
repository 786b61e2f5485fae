import * as fc from "fast-check";
import { assertQueueName } from "@heddle/protocol";
import { expect, test } from "vitest";
import { domainOf, taskQueueName } from "./task-queue-name.js";

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
    }),
  );
});

test("a domain is that of the type, else of any type", () => {
  expect(domainOf("a", { a: "x", "*": "y" })).toBe("x");
  expect(domainOf("b", { a: "x", "*": "y,z" })).toBe("z");
  expect(domainOf("b", { b: "x,NO_DOMAIN" })).toBeUndefined();
  expect(domainOf("constructor", {})).toBeUndefined();
});
