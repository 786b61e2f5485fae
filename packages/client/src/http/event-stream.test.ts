import { expect, test } from "vitest";
import { eventsOf, type ServerEvent } from "./event-stream.js";

async function read(...chunks: readonly string[]) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
  const events: ServerEvent[] = [];
  const ids: string[] = [];
  let bytes = 0;
  const listeners = { onBytes: () => void (bytes += 1), onId: (id: string) => void ids.push(id) };
  for await (const event of eventsOf(body, listeners)) events.push(event);
  return { events, ids, bytes };
}

test("an event has its name, its data and its place", async () => {
  const { events, ids } = await read('retry: 1000\n\nid: 7\nevent: record\ndata: {"a":1}\n\n');
  expect(events).toEqual([{ event: "record", data: '{"a":1}', id: "7" }]);
  expect(ids).toEqual(["7"]);
});

test("it does not matter where the connection cuts, nor how lines end", async () => {
  const text = "id: a\r\nevent: x\r\ndata: ü\r\n\r\ndata:second\ndata: line\n\n";
  const { events } = await read(...text.split(/(?=[^]{3})/));
  expect(events).toEqual([
    { event: "x", data: "ü", id: "a" },
    { event: "message", data: "second\nline", id: "a" },
  ]);
});

test("comments are nothing but signs of life, and a place may come alone", async () => {
  const { events, ids, bytes } = await read(": still here\n\n", ": still here\nid: 9\n\n");
  expect({ events, ids, bytes }).toEqual({ events: [], ids: ["9"], bytes: 2 });
});

test("an event that the connection broke off is dropped, with its place", async () => {
  const { events, ids } = await read("id: 1\nevent: x\ndata: 1\n\nid: 2\nevent: x\nda");
  expect(events).toHaveLength(1);
  expect(ids).toEqual(["1"]);
});
