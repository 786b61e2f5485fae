// `docs/api` is made from the docstrings; here it is made again and compared.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function pagesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".md")).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}

test("the API reference says what the docstrings say; else run npm run docs:api", async () => {
  const fresh = await mkdtemp(join(tmpdir(), "heddle-api-"));
  onTestFinished(() => rm(fresh, { recursive: true, force: true }));
  const typedoc = join(root, "node_modules/typedoc/bin/typedoc");
  await promisify(execFile)(process.execPath, [
    typedoc,
    ...["--options", join(root, ".ci/typedoc.json"), "--out", fresh],
  ]);
  const [written, expected] = await Promise.all([pagesIn(join(root, "docs/api")), pagesIn(fresh)]);
  expect([...written.keys()]).toEqual([...expected.keys()]);
  for (const [name, text] of expected) expect(written.get(name), name).toBe(text);
});
