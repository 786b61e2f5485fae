// Definitions over Conductor's REST API.
import { describe, expect, test } from "vitest";
import { openConductor, task } from "./support/open-conductor.js";

const open = () => openConductor({ runs: false });
const definition = (name: string, rest: object = {}) => ({ name, tasks: [task("a")], ...rest });

test("definitions are known by name and version, the latest being the highest", async () => {
  const api = await open();
  for (const version of [1, 10, 9]) {
    expect(await api.post("/metadata/workflow", definition("ship", { version }))).toMatchObject({
      status: 200,
      text: "",
    });
  }
  await api.post("/metadata/workflow", definition("ship now/ü", { version: 3 }));
  expect((await api.get("/metadata/workflow/ship")).body).toMatchObject({ name: "ship", version: 10 });
  expect((await api.get("/metadata/workflow/ship?version=9&metadata=false")).body).toMatchObject({
    ...{ version: 9, createTime: expect.any(Number) as number, updateTime: expect.any(Number) as number },
    tasks: [{ name: "a", taskReferenceName: "a", type: "SIMPLE", optional: false }],
  });
  expect((await api.get(`/metadata/workflow/${encodeURIComponent("ship now/ü")}`)).body).toMatchObject({
    version: 3,
  });
  const list = async (path: string) => JSON.parse((await api.get(path)).text) as Record<string, unknown>[];
  expect((await list("/metadata/workflow")).map(({ version }) => version)).toEqual([3, 1, 9, 10]);
  expect((await list("/metadata/workflow/latest-versions")).map(({ version }) => version)).toEqual([3, 10]);
  expect(await list("/metadata/workflow/names")).toEqual(["ship now/ü", "ship"]);
  expect((await list("/metadata/workflow/ship/versions")).map(({ version }) => version)).toEqual([1, 9, 10]);
  expect((await api.get("/metadata/workflow/names-and-versions")).body).toMatchObject({
    ship: [{ name: "ship", version: 1 }, { version: 9 }, { version: 10 }],
    "ship now/ü": [{ version: 3 }],
  });
  await api.post("/metadata/workflow", definition("tagged", { metadata: { classifier: "blue" } }));
  expect((await list("/metadata/workflow?classifier=blue")).map(({ name }) => name)).toEqual(["tagged"]);

  expect(await api.delete("/metadata/workflow/ship/10")).toMatchObject({ status: 200, text: "" });
  expect((await api.get("/metadata/workflow/ship")).body).toMatchObject({ version: 9 });
  expect(await api.delete("/metadata/workflow/ship/10")).toMatchObject({ status: 404 });
});

test("a definition is overwritten only by who says so, and keeps the time of its creation", async () => {
  const api = await open();
  await api.post("/metadata/workflow", definition("ship"));
  const { body: before } = await api.get("/metadata/workflow/ship");
  expect(await api.post("/metadata/workflow", definition("ship"))).toMatchObject({
    status: 409,
    body: { status: 409, code: "DEFINITION_ALREADY_EXISTS" },
  });
  const changed = definition("ship", { description: "new" });
  expect((await api.post("/metadata/workflow?overwrite=true", changed)).status).toBe(200);
  expect((await api.get("/metadata/workflow/ship")).body).toMatchObject({
    ...{ description: "new", createTime: before["createTime"] },
  });
  const both = [changed, definition("other", { version: 2 })];
  expect(await api.put("/metadata/workflow", both)).toMatchObject({
    status: 200,
    body: { bulkErrorResults: {}, bulkSuccessfulResults: ["ship", "other"] },
  });
});

test("task definitions are replaced, read and deleted", async () => {
  const api = await open();
  const packs = { name: "pack", retryCount: 1 };
  expect(await api.put("/metadata/taskdefs", packs)).toMatchObject({ status: 404 });
  expect(await api.post("/metadata/taskdefs", [packs, { name: "a/b" }])).toMatchObject({
    status: 200,
    text: "",
  });
  expect(await api.put("/metadata/taskdefs", { ...packs, retryCount: 7 })).toMatchObject({ status: 200 });
  expect((await api.get("/metadata/taskdefs/pack")).body).toMatchObject({
    ...{ name: "pack", retryCount: 7, retryLogic: "FIXED", timeoutPolicy: "TIME_OUT_WF" },
  });
  const all = JSON.parse((await api.get("/metadata/taskdefs")).text) as { name: string }[];
  expect(all.map(({ name }) => name)).toEqual(["a/b", "pack"]);
  expect(await api.delete("/metadata/taskdefs/a%2Fb")).toMatchObject({ status: 200 });
  expect(await api.get("/metadata/taskdefs/a%2Fb")).toMatchObject({ status: 404 });
  expect(await api.delete("/metadata/taskdefs/a%2Fb")).toMatchObject({ status: 404 });
});

const wait = (inputParameters: object) => ({ name: "w", tasks: [task("w", "WAIT", { inputParameters })] });

describe("what is refused", () => {
  test.each([
    ["no body", "POST", "/metadata/workflow", undefined, ""],
    ["a list", "POST", "/metadata/workflow", [], ""],
    ["no name", "POST", "/metadata/workflow", { tasks: [task("a")] }, "name"],
    ["no tasks", "POST", "/metadata/workflow", { name: "w", tasks: [] }, "tasks"],
    ["schema 1", "POST", "/metadata/workflow", definition("w", { schemaVersion: 1 }), "schemaVersion"],
    ["version 0", "POST", "/metadata/workflow", definition("w", { version: 0 }), "version"],
    [
      "a reference name twice",
      "POST",
      "/metadata/workflow",
      { name: "w", tasks: [task("a"), task("a")] },
      "tasks[1].taskReferenceName",
    ],
    [
      "an unreadable duration",
      "POST",
      "/metadata/workflow",
      wait({ duration: "PT5S" }),
      "tasks[0].inputParameters.duration",
    ],
    [
      "a script that is none",
      "POST",
      "/metadata/workflow",
      { name: "w", tasks: [task("i", "INLINE", { inputParameters: { expression: "$.a +" } })] },
      "tasks[0].inputParameters.expression",
    ],
    [
      "a metadata address",
      "POST",
      "/metadata/workflow",
      {
        name: "w",
        tasks: [
          task("h", "HTTP", {
            inputParameters: { http_request: { uri: "http://2852039166/latest/meta-data/", method: "GET" } },
          }),
        ],
      },
      "tasks[0].inputParameters.http_request.uri",
    ],
    ["an empty list", "PUT", "/metadata/workflow", [], ""],
    ["one bad of two", "PUT", "/metadata/workflow", [definition("w"), { name: "x" }], "tasks"],
    ["no list", "POST", "/metadata/taskdefs", { name: "t" }, ""],
    ["one bad of two tasks", "POST", "/metadata/taskdefs", [{ name: "t" }, { name: "" }], "name"],
    [
      "a timeout below the response's",
      "POST",
      "/metadata/taskdefs",
      [{ name: "t", timeoutSeconds: 5 }],
      "responseTimeoutSeconds",
    ],
  ] as const)(
    "%s: 400, the field is named, and nothing is stored",
    async (_what, method, path, body, field) => {
      const api = await open();
      const reply = await api.call(method, path, body);
      expect(reply).toMatchObject({
        status: 400,
        body: { status: 400, code: "INVALID_ARGUMENT", retryable: false },
      });
      const errors = reply.body["validationErrors"] as { path: string; message: string }[];
      expect(errors[0]).toMatchObject({ path: field, message: expect.stringMatching(/./) as string });
      expect(JSON.parse((await api.get("/metadata/workflow")).text)).toEqual([]);
      expect(JSON.parse((await api.get("/metadata/taskdefs")).text)).toEqual([]);
    },
  );

  test("a check alone stores nothing, and tells the same", async () => {
    const api = await open();
    expect(await api.post("/metadata/workflow/validate", definition("w"))).toMatchObject({
      status: 200,
      text: "",
    });
    expect(await api.post("/metadata/workflow/validate", { name: "w" })).toMatchObject({ status: 400 });
    expect(JSON.parse((await api.get("/metadata/workflow")).text)).toEqual([]);
  });

  test("pages of elsewhere may not call a gateway that asks nobody who he is", async () => {
    const api = await open();
    const from = (origin: string) =>
      api.call("POST", "/metadata/workflow", definition("w"), { origin, host: "127.0.0.1:8080" });
    expect(await from("https://evil.example.org")).toMatchObject({ status: 403, body: { status: 403 } });
    expect(await from("null")).toMatchObject({ status: 403 });
    expect(await from("http://127.0.0.1:8080")).toMatchObject({ status: 200 });
  });
});
