/** A small value that is kept by name in a collection of the namespace. */
export interface StoredDocument {
  readonly id: string;
  /** Counts the writes of this document since it was last absent, from 1. */
  readonly revision: number;
  /** A payload. */
  readonly value: Uint8Array;
}

/** What must be there for a write to happen: nothing, something, or exactly what the writer has read. */
export type DocumentCondition = "absent" | "present" | { readonly revision: number };

export interface DocumentWrite {
  readonly collection: string;
  readonly id: string;
  readonly value: Uint8Array;
  readonly only?: DocumentCondition | undefined;
}

export type DocumentReply =
  | { readonly outcome: "written"; readonly revision: number }
  /** Nothing was written: the document has this revision, or is absent. */
  | { readonly outcome: "refused"; readonly revision: number | undefined };

export interface DocumentPage {
  readonly collection: string;
  /** What ids begin with. Default: anything. */
  readonly prefix?: string | undefined;
  /** The last id of the page before. */
  readonly after?: string | undefined;
  /** Of the ids, by their bytes. Default: ascending. */
  readonly order?: "ascending" | "descending" | undefined;
  readonly limit: number;
}

/**
 * What is stored beside runs: documents in named collections, one atomic step per call. A collection needs no creation.
 * Every call is safe to repeat after an unknown outcome, but a repetition of a conditional write by another call is
 * judged anew. Rejects as `AcceptingStore` says, and with `InvalidArgumentError` for a collection or an id that cannot be.
 */
export interface DocumentStore {
  readDocument(collection: string, id: string): Promise<StoredDocument | undefined>;
  /** In the order of the ids; undefined for one that is absent. */
  readDocuments(collection: string, ids: readonly string[]): Promise<readonly (StoredDocument | undefined)[]>;
  listDocuments(page: DocumentPage): Promise<readonly StoredDocument[]>;
  writeDocument(write: DocumentWrite): Promise<DocumentReply>;
  /** Whether there was one. */
  deleteDocument(collection: string, id: string): Promise<boolean>;
}
