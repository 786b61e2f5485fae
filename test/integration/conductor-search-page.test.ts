// The commands of docs/conductor-search.md, run in order by a shell against a gateway that listens.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { openConductor } from "./support/open-conductor.js";

test("every command is answered", async () => {
  const page = await readFile(new URL("../../docs/conductor-search.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/^```sh run\n([^]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(blocks).toHaveLength(4);
  const { gateway } = await openConductor();
  const url = await gateway.listen({ host: "127.0.0.1", port: 0 });
  const answers: string[] = [];
  for (const block of blocks) {
    for (const command of block
      .replaceAll(/(\\?\n) +/g, " ")
      .trim()
      .split("\n")) {
      const { stdout } = await promisify(execFile)("bash", ["-euc", command], {
        env: { ...process.env, CONDUCTOR: `${url}/api` },
      });
      answers.push(stdout);
    }
  }
  const json = (index: number) => JSON.parse(answers[index] ?? "") as unknown;
  const [, id = ""] = answers;
  expect(json(2)).toMatchObject({ totalHits: 1, results: [{ workflowId: id, input: '{"a":1}' }] });
  expect(json(3)).toEqual([id]);
  expect(json(4)).toMatchObject([{ workflowId: id }]);
  expect(json(5)).toMatchObject({ "order-7": [{ workflowId: id }], "order-8": [] });
  expect(json(6)).toMatchObject({ bulkSuccessfulResults: [], bulkErrorResults: { "unknown-id": {} } });
  expect(json(8)).toMatchObject({ name: "nightly", zoneId: "Europe/Berlin", paused: false });
  expect(json(9)).toHaveLength(2);
});
