import type { PayloadCodec, PayloadCodecContext } from "@heddle/protocol";
import type { DocumentStore, StoredDocument } from "../store/document-store.js";
import { SealedPayloads } from "./sealed-payloads.js";

/** The same documents, encoded as the payloads of runs are. Their ids are not. */
export function documentsWithCodec(
  store: DocumentStore,
  codec: PayloadCodec,
  context: PayloadCodecContext,
): DocumentStore {
  const payloads = new SealedPayloads(codec, context);
  const opened = <Document extends StoredDocument | undefined>(document: Document): Document =>
    document && { ...document, value: payloads.open(document.value) };
  return {
    ...store,
    readDocument: async (collection, id) => opened(await store.readDocument(collection, id)),
    readDocuments: async (collection, ids) => (await store.readDocuments(collection, ids)).map(opened),
    listDocuments: async (page) => (await store.listDocuments(page)).map(opened),
    writeDocument: (write) => store.writeDocument({ ...write, value: payloads.seal(write.value) }),
  };
}
