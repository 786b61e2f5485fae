import { decodePayload, encodePayload, InvalidArgumentError } from "@heddle/protocol";
import type { StoredDocument } from "@heddle/core";
import { randomNamespace } from "@heddle/testkit";
import { describe, expect, inject, test } from "vitest";
import { openTestStore, SERVERS } from "../testing/test-store.js";

describe.each(SERVERS)("documents on $server", ({ connection }) => {
  const open = async () => {
    const opened = await openTestStore(connection(), randomNamespace("documents"));
    const { documents } = opened.store;
    return { ...opened, documents };
  };
  const value = (content: unknown) => encodePayload(content);
  const plain = (document: StoredDocument | undefined) =>
    document && { id: document.id, revision: document.revision, value: decodePayload(document.value) };

  test("a document is read as it was written, bytes and all", async () => {
    const { documents } = await open();
    const write = (content: unknown) =>
      documents.writeDocument({ collection: "things", id: "a:b/ü", value: value(content) });
    expect(await write({ text: "1:\0ü", list: [1, null] })).toEqual({ outcome: "written", revision: 1 });
    expect(await write({ text: "second" })).toEqual({ outcome: "written", revision: 2 });
    expect(plain(await documents.readDocument("things", "a:b/ü"))).toEqual({
      ...{ id: "a:b/ü", revision: 2, value: { text: "second" } },
    });
    expect(await documents.readDocument("others", "a:b/ü")).toBeUndefined();
    const both = await documents.readDocuments("things", ["none", "a:b/ü"]);
    expect(both.map((each) => each?.revision)).toEqual([undefined, 2]);
  });

  test.each([
    ["absent", "absent", { outcome: "written", revision: 1 }],
    ["absent", "present", { outcome: "refused", revision: undefined }],
    ["absent", { revision: 1 }, { outcome: "refused", revision: undefined }],
    ["there", "absent", { outcome: "refused", revision: 1 }],
    ["there", "present", { outcome: "written", revision: 2 }],
    ["there", { revision: 1 }, { outcome: "written", revision: 2 }],
    ["there", { revision: 2 }, { outcome: "refused", revision: 1 }],
  ] as const)("one that is %s, written only when %j", async (state, only, reply) => {
    const { documents, snapshot } = await open();
    const write = { collection: "things", id: "one", value: value("new") };
    if (state === "there") await documents.writeDocument(write);
    const before = await snapshot();
    expect(await documents.writeDocument({ ...write, only })).toEqual(reply);
    if (reply.outcome === "refused") expect(await snapshot()).toEqual(before);
  });

  test("of writers who have read the same revision one succeeds", async () => {
    const { documents } = await open();
    const write = { collection: "things", id: "one", value: value(0) };
    await documents.writeDocument(write);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, writer) =>
        documents.writeDocument({ ...write, value: value(writer), only: { revision: 1 } }),
      ),
    );
    expect(replies.filter(({ outcome }) => outcome === "written")).toHaveLength(1);
  });

  test("a deleted document is gone from lists, and a new one begins again", async () => {
    const { documents, snapshot } = await open();
    const write = { collection: "things", id: "one", value: value(1) };
    await documents.writeDocument(write);
    expect(await documents.deleteDocument("things", "one")).toBe(true);
    expect(await documents.listDocuments({ collection: "things", limit: 10 })).toEqual([]);
    const before = await snapshot();
    expect(await documents.deleteDocument("things", "one")).toBe(false);
    expect(await snapshot()).toEqual(before);
    expect(await documents.writeDocument(write)).toEqual({ outcome: "written", revision: 1 });
  });

  test("lists are pages in the order of ids, of all or of those with a prefix", async () => {
    const { documents } = await open();
    for (const id of ["b/2", "a/1", "b/1", "b0", "b/10", "c"]) {
      await documents.writeDocument({ collection: "things", id, value: value(id) });
    }
    const ids = async (page: object) =>
      (await documents.listDocuments({ collection: "things", limit: 10, ...page })).map(({ id }) => id);
    expect(await ids({})).toEqual(["a/1", "b/1", "b/10", "b/2", "b0", "c"]);
    expect(await ids({ limit: 2 })).toEqual(["a/1", "b/1"]);
    expect(await ids({ limit: 2, after: "b/1" })).toEqual(["b/10", "b/2"]);
    expect(await ids({ prefix: "b/" })).toEqual(["b/1", "b/10", "b/2"]);
    expect(await ids({ prefix: "b/", order: "descending", limit: 1 })).toEqual(["b/2"]);
    expect(await ids({ prefix: "b/", order: "descending", after: "b/2" })).toEqual(["b/10", "b/1"]);
    expect(await ids({ prefix: "d" })).toEqual([]);
  });

  test.each([
    ["a collection with a colon", { collection: "a:b" }],
    ["an empty id", { id: "" }],
    ["an id that is too long", { id: "é".repeat(513) }],
    ["a lone surrogate", { id: "\ud800" }],
  ])("%s is refused before anything is written", async (_what, part) => {
    const { documents, snapshot } = await open();
    const before = await snapshot();
    const write = { collection: "things", id: "one", value: value(1), ...part };
    expect(() => documents.writeDocument(write)).toThrow(InvalidArgumentError);
    expect(await snapshot()).toEqual(before);
  });
});

test("a codec encodes documents like the payloads of runs", async () => {
  const { store, redis, keys } = await openTestStore(
    { url: inject("redisUrl") },
    randomNamespace("documents"),
    {
      codec: {
        encode: (bytes) => bytes.map((byte) => byte ^ 1),
        decode: (bytes) => bytes.map((byte) => byte ^ 1),
      },
    },
  );
  const write = { collection: "things", id: "one", value: encodePayload("canary") };
  await store.documents.writeDocument(write);
  expect(await redis.hget(keys.documents("things"), "one")).not.toContain("canary");
  const [read] = await store.documents.listDocuments({ collection: "things", limit: 1 });
  expect(decodePayload(read?.value ?? write.value)).toBe("canary");
});
