// The requests of docs/conductor-events.md, sent in order, do what the page says.
import { readFileSync } from "node:fs";
import { waitFor } from "@heddle/testkit";
import { expect, test } from "vitest";
import { openConductor, type Json } from "./support/open-conductor.js";

const page = readFileSync(new URL("../../docs/conductor-events.md", import.meta.url), "utf8");
const requests = [...page.matchAll(/^```http\n(GET|POST) \/api(\S+)\n(?:\n([^]*?))?```$/gm)].map(
  ([, method, path = "", body]) => ({ method, path, body }),
);

test("the requests do what the page says", async () => {
  expect(requests.length).toBeGreaterThanOrEqual(8);
  const api = await openConductor();
  const started: Record<string, string> = {};
  const shown: Record<string, () => Promise<Json[]>> = {};
  for (const { method, path, body } of requests) {
    if (method === "GET") {
      shown[path] = async () => (await api.get(path)).body as unknown as Json[];
      continue;
    }
    const filled = (body ?? "").replaceAll(
      /"\{(\w+)\}"/g,
      (_all, name: string) => `"${started[name] ?? ""}"`,
    );
    const reply = await api.post(path, JSON.parse(filled));
    expect(reply, `${path} ${filled}`).toMatchObject({ status: 200 });
    if (path.startsWith("/workflow/")) started[path.slice("/workflow/".length)] = reply.text;
  }
  expect(await api.client.result(String(started["shipment"]))).toEqual({ paidOrder: 7 });

  const {
    "/event/message/conductor:order:paid": messages,
    "/event/execution/ship%20what%20is%20paid": done,
  } = shown;
  const seen = await waitFor(
    async () => {
      const [message] = (await messages?.()) ?? [];
      return message?.["status"] === "HANDLED" && message;
    },
    { description: "the message is handled" },
  );
  expect(seen).toMatchObject({ fullPayload: { order: 7, event_produced: "conductor:order:paid" } });
  expect(await done?.()).toMatchObject([{ action: "complete_task", status: "COMPLETED" }]);
});
