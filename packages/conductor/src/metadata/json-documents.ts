import type {
  DocumentCondition,
  DocumentPage,
  DocumentReply,
  DocumentStore,
  StoredDocument,
} from "@heddle/core";
import { CorruptRecordError, decodePayload, encodePayload, MAX_PAYLOAD_BYTES } from "@heddle/protocol";
import type { z } from "zod";

export interface JsonDocument<Content> {
  readonly id: string;
  readonly revision: number;
  readonly content: Content;
}

/** How many documents one call reads. */
const PAGE = 200;

/** One collection of JSON documents of one kind. */
export class JsonDocuments<Content> {
  constructor(
    private readonly store: DocumentStore,
    private readonly collection: string,
    private readonly schema: z.ZodType<Content>,
  ) {}

  async read(id: string): Promise<JsonDocument<Content> | undefined> {
    const found = await this.store.readDocument(this.collection, id);
    return found && this.#parsed(found);
  }

  /** Those that are there, by their ids. */
  async readAll(ids: readonly string[]): Promise<ReadonlyMap<string, JsonDocument<Content>>> {
    const found = await this.store.readDocuments(this.collection, ids);
    const parsed = found.filter((each) => each !== undefined).map((each) => this.#parsed(each));
    return new Map(parsed.map((each) => [each.id, each]));
  }

  async page(page: Omit<DocumentPage, "collection">): Promise<JsonDocument<Content>[]> {
    const found = await this.store.listDocuments({ ...page, collection: this.collection });
    return found.map((each) => this.#parsed(each));
  }

  /** All of them, or those with a prefix, in the order of their ids. */
  async *each(prefix?: string): AsyncGenerator<JsonDocument<Content>> {
    let after: string | undefined;
    do {
      const page: JsonDocument<Content>[] = await this.page({ prefix, after, limit: PAGE });
      yield* page;
      after = page.length < PAGE ? undefined : page.at(-1)?.id;
    } while (after !== undefined);
  }

  /** Throws `PayloadTooLargeError` for content over 1 MiB. */
  write(id: string, content: Content, only?: DocumentCondition): Promise<DocumentReply> {
    const options = { what: `document ${JSON.stringify(id)}`, maxBytes: MAX_PAYLOAD_BYTES };
    const value = encodePayload(JSON.stringify(content), options);
    return this.store.writeDocument({ collection: this.collection, id, value, only });
  }

  /** Whether there was one. */
  delete(id: string): Promise<boolean> {
    return this.store.deleteDocument(this.collection, id);
  }

  #parsed({ id, revision, value }: StoredDocument): JsonDocument<Content> {
    try {
      return { id, revision, content: this.schema.parse(JSON.parse(String(decodePayload(value)))) };
    } catch (cause) {
      throw new CorruptRecordError(
        `the document ${JSON.stringify(id)} of ${this.collection} cannot be read`,
        {
          cause,
        },
      );
    }
  }
}
