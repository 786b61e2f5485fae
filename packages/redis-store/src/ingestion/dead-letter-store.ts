import type { DeadLetter, DeadLetterStore, StoredDeadLetter } from "@heddle/core";
import { CorruptRecordError, ERROR_CATALOGUE, InvalidArgumentError, type ErrorCode } from "@heddle/protocol";
import { z } from "zod";
import { defineScript, type ScriptReply } from "../script.js";
import type { StoreContext } from "../store-context.js";

const KEYS = ["deadLetters", "deadLetterOrder"] as const;

const recordSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  jobId: z.string(),
  code: z.custom<ErrorCode>((code) => typeof code === "string" && Object.hasOwn(ERROR_CATALOGUE, code)),
  message: z.string(),
  refusedAtMs: z.number(),
  dataBytes: z.number(),
});

const add = defineScript<{ dropped: number }>(
  {
    name: "add-dead-letter",
    keys: KEYS,
    args: ["id", "record", "data", "most", "mostBytes", "ifKept"],
    parse: (reply) => {
      switch (reply.tag) {
        case "kept":
          return { dropped: reply.at(1).number };
        case "absent":
          return { dropped: 0 };
        default:
          throw reply.unexpected();
      }
    },
  },
  import.meta.url,
);

const remove = defineScript<boolean>(
  {
    name: "remove-dead-letter",
    keys: KEYS,
    args: ["id"],
    parse: (reply) => {
      if (reply.tag !== "removed" && reply.tag !== "absent") throw reply.unexpected();
      return reply.tag === "removed";
    },
  },
  import.meta.url,
);

interface NumberedLetter {
  readonly number: string;
  readonly letter: DeadLetter;
}

const list = defineScript<{ total: number; letters: NumberedLetter[] }>(
  {
    name: "list-dead-letters",
    keys: KEYS,
    args: ["order", "after", "limit"],
    parse: (reply) => {
      if (reply.tag !== "page") throw reply.unexpected();
      return { total: reply.at(1).number, letters: numberedLetters(reply) };
    },
  },
  import.meta.url,
);

export function deadLetterStore(context: StoreContext): DeadLetterStore {
  const keys = [context.keys.deadLetters, context.keys.deadLetterOrder];
  return {
    addDeadLetter: ({ letter, most, mostBytes, ifKept = false }) => {
      const { id, data, ...rest } = letter;
      const record: z.input<typeof recordSchema> = {
        version: 1,
        ...rest,
        refusedAtMs: context.redisNowMs(),
      };
      const text = JSON.stringify(record);
      return context.scripts.run(add, keys, [id, text, data, most, mostBytes, ifKept ? "1" : ""]);
    },
    readDeadLetter: async (id) => {
      if (!isLetterId(id)) return undefined;
      const [record, data] = await context.ask((client) =>
        client.hmgetBuffer(context.keys.deadLetters, id, `${id}:data`),
      );
      if (!record || !data) return undefined;
      return {
        ...letterOf(id, record.toString("utf8")),
        data,
      } satisfies StoredDeadLetter;
    },
    listDeadLetters: async ({ limit, order, cursor = "" }) => {
      if (!/^\d{0,15}$/.test(cursor)) {
        throw new InvalidArgumentError("the cursor is none that a page of dead letters gave", {
          details: { field: "cursor" },
        });
      }
      // One more than asked for tells whether there is another page.
      const { total, letters } = await context.scripts.run(list, keys, [order, cursor, limit + 1]);
      const page = letters.slice(0, limit);
      return {
        items: page.map(({ letter }) => letter),
        total,
        cursor: letters.length > limit ? page.at(-1)?.number : undefined,
      };
    },
    removeDeadLetter: async (id) => isLetterId(id) && context.scripts.run(remove, keys, [id]),
  };
}

/** Other fields of the hash are counters, or the data of a letter. */
function isLetterId(id: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(id);
}

function numberedLetters(reply: ScriptReply): NumberedLetter[] {
  const letters: NumberedLetter[] = [];
  for (let index = 2; index + 2 < reply.length; index += 3) {
    const letter = letterOf(reply.at(index).text, reply.at(index + 2).text);
    letters.push({ number: reply.at(index + 1).text, letter });
  }
  return letters;
}

function letterOf(id: string, record: string): DeadLetter {
  try {
    const { version: _version, ...rest } = recordSchema.parse(JSON.parse(record));
    return { id, ...rest };
  } catch (cause) {
    throw new CorruptRecordError(`the dead letter ${id} cannot be read`, { cause });
  }
}
