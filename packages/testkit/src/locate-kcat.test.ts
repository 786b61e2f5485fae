import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { locateKcat } from "./locate-kcat.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-kcat-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function script(...path: string[]): Promise<string> {
  const file = join(folder, ...path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, "#!/bin/sh\n");
  await chmod(file, 0o755);
  return file;
}
const bare = () => ({ PATH: join(folder, "bin"), HOME: folder, HEDDLE_NO_DOWNLOAD: "1" });

test("the installed kcat is taken", async () => {
  const path = await script("bin", "kcat");
  expect(await locateKcat(bare())).toMatchObject({ path });
});

test("with none and downloads off, the error says what was tried and how to install it", async () => {
  await script("bin", "apt-get");
  await script("bin", "dpkg");
  await expect(locateKcat(bare())).rejects.toThrow(
    /downloads are turned off|not on \w+\).*apt-get install kcat/,
  );
});
