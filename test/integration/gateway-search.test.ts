// Attributes, tags and memo over HTTP; accepting and finding them needs no coordinator.
import { expect, test } from "vitest";
import { openGateway } from "./support/open-gateway.js";

async function openSearch() {
  const { post, get } = await openGateway();
  const found = async (query: string) => {
    const [{ body }, { body: counted }] = [await get(`?${query}`), await get(`/count?${query}`)];
    const ids = (body["items"] as { id: string }[]).map(({ id }) => id).sort();
    expect([body["total"], counted["count"]]).toEqual([ids.length, ids.length]);
    return ids;
  };
  return { post, get, found };
}

const due = "2030-01-01T00:00:00.000Z";

test("a start takes attributes, tags and a memo; describe, list and filters show them", async () => {
  const { post, get, found } = await openSearch();
  const attributes = { customer: "ada", total: 5, paid: true, due: { date: due } };
  await post("", { type: "order", id: "o-1", attributes, tags: ["vip", "eu"], memo: { asked: [1] } });
  await post("/start-or-signal", {
    ...{ type: "cart", id: "c-1", signal: { name: "add", signalId: "s" } },
    ...{ attributes: { customer: "adam" }, tags: ["eu"], memo: null },
  });
  await post("", { type: "order", id: "o-2" });
  const plain = { customer: "ada", total: 5, paid: true, due, tags: ["vip", "eu"] };
  expect((await get("/o-1")).body).toMatchObject({ attributes: plain, memo: { asked: [1] } });
  expect((await get("/c-1")).body).toMatchObject({ memo: null });
  expect(Object.keys((await get("/o-2")).body)).not.toContain("attributes");
  expect((await get("?tags=vip")).body).toMatchObject({ items: [{ id: "o-1", attributes: plain }] });

  const json = (filter: object) => `attributes=${encodeURIComponent(JSON.stringify(filter))}`;
  expect(await found("tags=eu")).toEqual(["c-1", "o-1"]);
  expect(await found("tags=eu&tags=vip&status=pending")).toEqual(["o-1"]);
  expect(await found(json({ customer: { prefix: "ada" }, total: { gte: 5 } }))).toEqual(["o-1"]);
  expect(await found(`${json({ due: { lt: { date: "2031-01-01T00:00:00Z" } } })}&type=order`)).toEqual([
    "o-1",
  ]);
  expect(await found(json({ due: { date: due } }))).toEqual(["o-1"]);
  expect(await found("idPrefix=o-")).toEqual(["o-1", "o-2"]);
  expect(await found("createdFrom=2020-01-01T00:00:00Z&createdTo=2999-01-01T00:00:00Z")).toHaveLength(3);
  expect(await found("version=1")).toEqual([]);
});

test.each([
  ["attributes=customer", /no JSON object/],
  [`attributes=${encodeURIComponent('{"a":{"like":1}}')}`, /has \\*"like\\*"/],
  ["createdFrom=yesterday", /createdFrom/],
  ["idPrefix=", /idPrefix/],
  ["attribute=1", /attribute/],
])("a list with %s is refused by name", async (query, message) => {
  const { get } = await openGateway();
  const { status, body } = await get(`?${query}`);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toMatch(message);
});

test.each([
  [{ attributes: { a: { b: 1 } } }, /attributes/],
  [{ attributes: { due: { date: "tomorrow" } } }, /attributes/],
  [{ tags: "vip" }, /tags/],
])("a start with %j is refused by name and nothing is started", async (fields, message) => {
  const { post, get } = await openGateway();
  const { status, body } = await post("", { type: "order", id: "o-1", ...fields });
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toMatch(message);
  expect(await get("/o-1")).toMatchObject({ status: 404 });
});
