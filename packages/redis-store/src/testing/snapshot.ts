import type { Redis } from "ioredis";

/** Key → its type and its content, by value rather than by DUMP, so that a difference can be read. */
export type Snapshot = Readonly<Record<string, unknown>>;

export async function snapshotOf(nodes: readonly Redis[], pattern: string): Promise<Snapshot> {
  const entries = await Promise.all(
    nodes.map(async (node) => {
      const names = await node.keys(pattern);
      return Promise.all(names.map(async (name) => [name, await contentOf(node, name)] as const));
    }),
  );
  return Object.fromEntries(entries.flat().sort(([left], [right]) => (left < right ? -1 : 1)));
}

async function contentOf(node: Redis, key: string): Promise<unknown> {
  const type = await node.type(key);
  const ttl = await node.pttl(key);
  const about = ttl === -1 ? type : `${type} with a lifetime`;
  switch (type) {
    case "hash": {
      const pairs = Object.entries(await node.hgetallBuffer(key)).map(
        ([field, value]) => [field, value.toString("latin1")] as const,
      );
      return [about, Object.fromEntries(pairs.sort(([left], [right]) => (left < right ? -1 : 1)))];
    }
    case "string":
      return [about, (await node.getBuffer(key))?.toString("latin1")];
    case "list":
      return [about, latin1(await node.lrangeBuffer(key, 0, -1))];
    case "set":
      return [about, latin1(await node.smembersBuffer(key)).sort()];
    case "zset":
      return [about, latin1(await node.zrangeBuffer(key, 0, "-1", "WITHSCORES"))];
    case "stream": {
      const entries = await node.xrangeBuffer(key, "-", "+");
      const info = (await node.xinfo("STREAM", key)) as unknown[];
      const lastId = info[info.indexOf("last-generated-id") + 1];
      return [about, lastId, entries.map(([id, fields]) => [id.toString(), latin1(fields)])];
    }
    default:
      throw new Error(`${key} is a ${type}; the store makes none`);
  }
}

/** One character per byte: payloads are no text. */
function latin1(values: readonly Buffer[]): string[] {
  return values.map((value) => value.toString("latin1"));
}
