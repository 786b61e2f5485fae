// Conductor's bulk operations on a real gateway, with executions that run.
import { waitFor } from "@heddle/testkit";
import { describe, expect, test } from "vitest";
import { openConductor, task, type Json } from "./support/open-conductor.js";

type Api = Awaited<ReturnType<typeof openConductor>>;

const HOLD = { name: "hold", tasks: [task("hold", "WAIT")] };

async function started(api: Api, count: number): Promise<string[]> {
  await api.post("/metadata/workflow?overwrite=true", HOLD);
  return Promise.all(Array.from({ length: count }, async () => (await api.post("/workflow/hold", {})).text));
}
const become = (api: Api, ids: readonly string[], status: string) =>
  waitFor(
    async () => {
      const found = await Promise.all(ids.map((id) => api.get(`/workflow/${id}?includeTasks=false`)));
      return found.every(({ body }) => body["status"] === status);
    },
    { description: `all are ${status}` },
  );
const outcome = (done: readonly string[], errors: Readonly<Record<string, string>> = {}) => ({
  status: 200,
  body: {
    bulkSuccessfulResults: done,
    bulkErrorResults: Object.fromEntries(
      Object.entries(errors).map(([id, part]) => [id, expect.stringContaining(part) as string]),
    ),
  },
});

test("each id has its own outcome, whatever becomes of the others", async () => {
  const api = await openConductor();
  const ids = await started(api, 3);
  const [first = "", second = "", third = ""] = ids;

  expect(await api.put("/workflow/bulk/pause", [...ids, "nobody", first])).toEqual(
    expect.objectContaining(outcome(ids, { nobody: "nobody" })),
  );
  await become(api, ids, "PAUSED");
  expect(await api.put("/workflow/bulk/resume", [first, second])).toMatchObject(outcome([first, second]));
  expect(await api.put("/workflow/bulk/resume", [first, third])).toMatchObject(
    outcome([third], { [first]: "RUNNING" }),
  );
  await become(api, ids, "RUNNING");
  expect(await api.call("DELETE", "/workflow/bulk/remove", [first])).toMatchObject(
    outcome([], { [first]: "running" }),
  );
  expect(await api.post("/workflow/bulk/restart", [first])).toMatchObject({
    body: { bulkSuccessfulResults: [], bulkErrorResults: { [first]: expect.any(String) as string } },
  });

  expect(await api.post("/workflow/bulk/terminate?reason=cleared", ids)).toMatchObject(outcome(ids));
  await become(api, ids, "TERMINATED");
  const { body } = await api.post("/workflow/bulk/search?includeTasks=false", [...ids, "nobody"]);
  expect(body).toMatchObject({
    bulkSuccessfulResults: ids.map((workflowId) => ({
      ...{ workflowId, tasks: [], reasonForIncompletion: "cleared" },
    })),
    bulkErrorResults: { nobody: expect.any(String) as string },
  });

  expect(await api.post("/workflow/bulk/retry", [first])).toMatchObject(outcome([first]));
  expect(await api.post("/workflow/bulk/restart?useLatestDefinitions=true", [second])).toMatchObject(
    outcome([second]),
  );
  await become(api, [first, second], "RUNNING");
  expect(await api.call("DELETE", "/workflow/bulk/remove", [third])).toMatchObject(outcome([third]));
  expect(await api.call("DELETE", "/workflow/bulk/terminate-remove", [first])).toMatchObject(
    outcome([first]),
  );
  expect(await api.post("/workflow/bulk/delete?archiveWorkflow=false", [second])).toMatchObject(
    outcome([second]),
  );
  for (const id of ids) expect((await api.get(`/workflow/${id}`)).status).toBe(404);
});

describe("1 to 1,000 ids are taken, and nothing is done with others", () => {
  const many = Array.from({ length: 1_001 }, (_, number) => `w${number}`);
  test.each([
    ["PUT", "/workflow/bulk/pause"],
    ["PUT", "/workflow/bulk/resume"],
    ["POST", "/workflow/bulk/restart"],
    ["POST", "/workflow/bulk/retry"],
    ["POST", "/workflow/bulk/terminate"],
    ["DELETE", "/workflow/bulk/remove"],
    ["DELETE", "/workflow/bulk/terminate-remove"],
    ["POST", "/workflow/bulk/delete"],
    ["POST", "/workflow/bulk/search"],
  ] as const)("%s %s", async (method, path) => {
    const api = await openConductor({ runs: false });
    for (const body of [[], many, {}, ["a", 1], [""], undefined, "a"]) {
      const reply = await api.call(method, path, body);
      expect(reply, JSON.stringify(body)?.slice(0, 20)).toMatchObject({
        status: 400,
        body: { code: "INVALID_ARGUMENT" } satisfies Json,
      });
    }
  });
});
