import type { LogLine } from "@heddle/core";
import { CorruptRecordError } from "@heddle/protocol";
import { z } from "zod";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const MOST_LINES = 1_000;
const LIFETIME_MS = 7 * 24 * 3_600_000;

const script = defineScript<void>(
  {
    name: "append-log",
    keys: ["log"],
    args: ["most", "lifetimeMs", "…lines"],
    parse: (reply) => {
      if (reply.tag !== "appended") throw reply.unexpected();
    },
  },
  import.meta.url,
);

/** Operation, place in it, epoch ms, text. */
const storedLine = z.tuple([z.string(), z.number(), z.number(), z.string()]);

export function appendLog(
  context: StoreContext,
  request: { readonly logId: string; readonly operationId: string; readonly lines: readonly LogLine[] },
): Promise<void> {
  const { logId, operationId } = request;
  const lines = request.lines
    .slice(-MOST_LINES)
    .map(({ text, atMs }, index) => JSON.stringify([operationId, index, atMs, text]));
  return context.scripts.run(script, [context.keys.log(logId)], [MOST_LINES, LIFETIME_MS, ...lines]);
}

export async function readLog(context: StoreContext, logId: string): Promise<readonly LogLine[]> {
  const stored = await context.ask((client) => client.zrange(context.keys.log(logId), "0", "-1"));
  return stored.map((line) => {
    const parsed = storedLine.safeParse(JSON.parse(line));
    if (!parsed.success)
      throw new CorruptRecordError(`a line of log ${JSON.stringify(logId)} cannot be read`);
    const [, , atMs, text] = parsed.data;
    return { text, atMs };
  });
}
