// The client for browsers: one bundle, nothing of Node in it, and none of what only servers need.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

const repository = fileURLToPath(new URL("../../", import.meta.url));

test("a page loads the client, its errors, and little else", async () => {
  const { metafile, outputFiles, warnings } = await build({
    stdin: {
      contents:
        'export { HeddleClient } from "@heddle/client"; export { signal, update } from "@heddle/workflow";',
      resolveDir: `${repository}test`,
    },
    absWorkingDir: repository,
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: "esm",
    platform: "browser",
    conditions: ["source"],
  });
  expect(warnings).toEqual([]);
  const inputs = Object.keys(metafile.outputs).flatMap((output) =>
    Object.entries(metafile.outputs[output]?.inputs ?? {})
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([file]) => file),
  );
  const foreign = inputs.filter(
    (file) => !/^packages\/(client|protocol|workflow)\/src\/|^<stdin>$/.test(file),
  );
  expect(foreign).toEqual([]);
  expect(inputs).toContain("packages/client/src/heddle-client.ts");
  const size = outputFiles[0]?.contents.byteLength ?? 0;
  expect(size).toBeLessThan(50 * 1024);
});

test("the client itself takes nothing but types from the package of workflows", async () => {
  const { metafile } = await build({
    entryPoints: ["packages/client/src/index.ts"],
    absWorkingDir: repository,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    conditions: ["source"],
  });
  expect(Object.keys(metafile.inputs).filter((file) => file.startsWith("packages/workflow/"))).toEqual([]);
});
