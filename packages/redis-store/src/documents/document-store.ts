import { randomUUID } from "node:crypto";
import type {
  DocumentCondition,
  DocumentPage,
  DocumentReply,
  DocumentStore,
  StoredDocument,
} from "@heddle/core";
import { CorruptRecordError, InvalidArgumentError } from "@heddle/protocol";
import { defineScript } from "../script.js";
import type { StoreContext } from "../store-context.js";

const LONGEST_ID_BYTES = 1_024;
/** No byte of UTF-8, so it comes behind every id. */
const BEHIND_ALL = Buffer.from([0xff]);

const write = defineScript<DocumentReply>(
  {
    name: "write-document",
    keys: ["documents", "documentIds", "documentOperations"],
    args: ["id", "value", "only", "operationId"],
    parse: (reply) => {
      const { tag } = reply;
      const revision = reply.at(1).optionalNumber;
      if (tag === "written") return { outcome: tag, revision: revision ?? 0 };
      if (tag === "refused") return { outcome: tag, revision };
      throw reply.unexpected();
    },
  },
  import.meta.url,
);

const remove = defineScript<boolean>(
  {
    name: "delete-document",
    keys: ["documents", "documentIds", "documentOperations"],
    args: ["id", "operationId"],
    parse: (reply) => {
      if (reply.tag !== "deleted" && reply.tag !== "absent") throw reply.unexpected();
      return reply.tag === "deleted";
    },
  },
  import.meta.url,
);

const list = defineScript<StoredDocument[]>(
  {
    name: "list-documents",
    keys: ["documents", "documentIds"],
    args: ["first", "last", "order", "limit"],
    parse: (reply) => {
      if (reply.tag !== "page") throw reply.unexpected();
      const documents: StoredDocument[] = [];
      for (let index = 1; index + 1 < reply.length; index += 2) {
        documents.push(documentOf(reply.at(index).text, reply.at(index + 1).bytes));
      }
      return documents;
    },
  },
  import.meta.url,
);

export function documentStore(context: StoreContext): DocumentStore {
  const { keys, scripts } = context;
  const readDocuments: DocumentStore["readDocuments"] = async (collection, ids) => {
    if (ids.length === 0) return [];
    const { documents } = keysOf(collection);
    const stored = await context.ask((client) => client.hmgetBuffer(documents, ...ids));
    return ids.map((id, index) => {
      const value = stored[index];
      return value == null ? undefined : documentOf(id, value);
    });
  };
  const keysOf = (collection: string) => {
    assertCollection(collection);
    return { documents: keys.documents(collection), documentIds: keys.documentIds(collection) };
  };
  return {
    readDocuments,
    readDocument: async (collection, id) => (await readDocuments(collection, [id]))[0],
    listDocuments: ({ collection, order = "ascending", limit, ...range }) => {
      const { documents, documentIds } = keysOf(collection);
      const [first, last] = rangeOf({ ...range, order });
      return scripts.run(list, [documents, documentIds], [first, last, order, limit]);
    },
    writeDocument: ({ collection, id, value, only }) => {
      const { documents, documentIds } = keysOf(collection);
      assertId(id);
      const changed = [documents, documentIds, keys.documentOperations];
      return scripts.run(write, changed, [id, value, conditionText(only), randomUUID()]);
    },
    deleteDocument: (collection, id) => {
      const { documents, documentIds } = keysOf(collection);
      return scripts.run(remove, [documents, documentIds, keys.documentOperations], [id, randomUUID()]);
    },
  };
}

function rangeOf({ prefix = "", after, order }: Pick<DocumentPage, "prefix" | "after" | "order">) {
  const first = Buffer.from(`[${prefix}`);
  const last = Buffer.concat([Buffer.from(`(${prefix}`), BEHIND_ALL]);
  if (after === undefined) return [first, last] as const;
  const behind = Buffer.from(`(${after}`);
  return order === "descending" ? ([first, behind] as const) : ([behind, last] as const);
}

function conditionText(only: DocumentCondition | undefined): string {
  if (only === undefined || typeof only === "string") return only ?? "";
  return String(only.revision);
}

function documentOf(id: string, stored: Uint8Array): StoredDocument {
  const colon = stored.indexOf(0x3a);
  const revision = Number(Buffer.from(stored.subarray(0, Math.max(colon, 0))).toString("latin1"));
  if (colon < 1 || !Number.isSafeInteger(revision)) {
    throw new CorruptRecordError(`the stored document ${JSON.stringify(id)} cannot be read`);
  }
  return { id, revision, value: stored.subarray(colon + 1) };
}

function assertCollection(collection: string): void {
  if (/^[a-z][a-z-]{0,63}$/.test(collection)) return;
  throw new InvalidArgumentError(
    `${JSON.stringify(collection)} is no collection: 1 to 64 small letters and hyphens`,
    { details: { field: "collection" } },
  );
}

function assertId(id: string): void {
  const bytes = Buffer.byteLength(id);
  if (bytes >= 1 && bytes <= LONGEST_ID_BYTES && id.isWellFormed()) return;
  throw new InvalidArgumentError(
    `the id of a document is 1 to ${LONGEST_ID_BYTES} UTF-8 bytes, and this has ${bytes}; take a shorter name`,
    { details: { field: "id" } },
  );
}
