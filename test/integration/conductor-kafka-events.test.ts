// Topics of Kafka as events: their messages go to event handlers.
import { CONDUCTOR_EVENT, createSystemTasks, EventHandlerStore, KafkaEventSource } from "@heddle/conductor";
import { startKafkaCluster, waitFor } from "@heddle/testkit";
import { expect, onTestFinished, test } from "vitest";
import { openConductor, task } from "./support/open-conductor.js";

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

test("each message of a topic is handled once, by whichever source gets it", async () => {
  const cluster = await startKafkaCluster();
  onTestFinished(() => cluster.stop());
  const system = { kafka: { brokers: cluster.brokers } };
  const tasks = createSystemTasks(system);
  onTestFinished(() => tasks.close());
  const { eventConnection: connection, eventSink } = tasks.kafka;
  if (connection === undefined || eventSink === undefined) throw new Error("no brokers are set up");
  const send = (id: string, value: string) => eventSink.publish({ id, destination: "orders", value });
  // Before there is a handler, and what no JSON is.
  await send("1", JSON.stringify({ order: 1 }));
  await send("2", "two");

  const api = await openConductor();
  const { client, namespace, store } = api;
  await api.post("/metadata/workflow", { name: "ship", tasks: [task("ask", "HUMAN")] });
  await api.post("/event", {
    ...{ name: "on order", event: "kafka:orders", active: true },
    actions: [
      {
        action: "start_workflow",
        start_workflow: { name: "ship", correlationId: "${order}${value}", input: { of: "${order}" } },
      },
    ],
  });
  const open = () => {
    const handlers = new EventHandlerStore(store.documents);
    const groupId = `heddle-${namespace}`;
    const source = new KafkaEventSource({
      ...{ connection, groupId, handlers, client, log: silent, refreshMs: 100 },
    });
    onTestFinished(() => source.close());
    source.start();
    return source;
  };
  const shipped = () => client.count({ attributes: { workflowType: "ship" } });
  const until = (count: number) =>
    waitFor(async () => (await shipped()) >= count, {
      ...{ description: `${count} orders are shipped`, timeoutMs: 45_000 },
    });

  const first = open();
  await until(2);
  await send("3", JSON.stringify({ order: 3 }));
  await until(3);
  await first.close();
  await send("4", JSON.stringify({ order: 4 }));
  open();
  await until(4);
  expect(await client.count({ type: CONDUCTOR_EVENT, attributes: { event: "kafka:orders" } })).toBe(4);
  expect(await shipped()).toBe(4);
  expect(await client.count({ attributes: { correlationId: "nulltwo" } })).toBe(1);
}, 120_000);
