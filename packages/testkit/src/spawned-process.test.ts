import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { spawnProcess, type SpawnedProcess } from "./spawned-process.js";
import { waitFor } from "./wait-for.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-spawn-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function spawnScript(script: string, readyWhen = /ready/): Promise<SpawnedProcess> {
  const entry = join(folder, "script.mjs");
  await writeFile(entry, script);
  return spawnProcess({ name: "script", entry, readyWhen });
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const counter = `let n = 0; console.log("ready"); setInterval(() => console.log("tick " + (n += 1)), 5);`;

test("a process is ready with its line, and its lines of both streams are kept", async () => {
  const child = await spawnScript(`console.log("first"); console.error("warned"); console.log("ready");
    setInterval(() => {}, 1000);`);
  await child.waitForLine(/warned/);
  expect(child.lines).toEqual(expect.arrayContaining(["first", "warned", "ready"]));
  expect(await child.kill()).toEqual({ code: null, signal: "SIGKILL" });
});

test("waiting for a line sees what was printed before and what comes later", async () => {
  const child = await spawnScript(counter);
  expect(await child.waitForLine((line) => line === "tick 3")).toBe("tick 3");
  expect(await child.waitForLine(/tick [12]/)).toBe("tick 1");
  await expect(child.waitForLine(/tock/, { timeoutMs: 30 })).rejects.toThrow(
    /script: it did not print \/tock\/ within 30 ms\n[^]*tick 1/,
  );
  await child.kill();
});

test("a process that ends before it is ready is an error with its output", async () => {
  await expect(spawnScript(`console.error("no Redis"); process.exit(3);`)).rejects.toThrow(
    /script: it ended with code 3\n[^]*no Redis/,
  );
});

test("stopping is polite, and an error when the process had to be killed", async () => {
  const polite = await spawnScript(`process.on("SIGTERM", () => { console.log("drained"); process.exit(0); });
    console.log("ready"); setInterval(() => {}, 1000);`);
  expect(await polite.stop()).toEqual({ code: 0, signal: null });
  await polite.waitForLine(/drained/);

  const deaf = await spawnScript(`process.on("SIGTERM", () => console.log("not now"));
    console.log("ready"); setInterval(() => {}, 1000);`);
  await expect(deaf.stop({ timeoutMs: 100 })).rejects.toThrow(
    /script was killed, at the latest 100 ms after SIGTERM/,
  );
  expect(isRunning(deaf.pid)).toBe(false);
});

test("a paused process does nothing until it is resumed, and can be killed while paused", async () => {
  const child = await spawnScript(counter);
  child.pause();
  // "T" is a stopped process; Linux only, elsewhere the signal alone is trusted.
  const state = (): Promise<string> => readFile(`/proc/${child.pid}/stat`, "utf8").catch(() => ") T");
  await waitFor(async () => (await state()).includes(") T"), { description: "the process is stopped" });
  child.resume();
  const printed = child.lines.length;
  await waitFor(() => child.lines.length > printed, { description: "it ticks again" });
  child.pause();
  expect((await child.kill()).signal).toBe("SIGKILL");
});

test("the environment is extended, and undefined removes a variable", async () => {
  process.env["HEDDLE_TESTKIT_GONE"] = "1";
  const child = await spawnProcess({
    name: "environment",
    command: process.execPath,
    args: [
      "-p",
      "const { env } = process; [env.HEDDLE_TESTKIT_NEW, env.HEDDLE_TESTKIT_GONE, !!env.PATH].join()",
    ],
    env: { HEDDLE_TESTKIT_NEW: "here", HEDDLE_TESTKIT_GONE: undefined },
  });
  delete process.env["HEDDLE_TESTKIT_GONE"];
  expect(await child.waitForLine(/here/)).toBe("here,,true");
  expect(await child.exited).toEqual({ code: 0, signal: null });
});

test("a spawned process ends when the process that spawned it is killed", async () => {
  const source = new URL("./spawned-process.ts", import.meta.url).href;
  const entry = join(folder, "parent.ts");
  await writeFile(
    entry,
    `import { spawnProcess } from ${JSON.stringify(source)};
     const command = process.execPath;
     const child = await spawnProcess({ name: "child", command, args: ["-e", "setInterval(() => {}, 1000)"] });
     console.log("child " + child.pid);`,
  );
  await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const parent = await spawnProcess({ name: "parent", entry, cwd, readyWhen: /child \d+/ });
  const childPid = Number((await parent.waitForLine(/child/)).split(" ")[1]);
  expect(isRunning(childPid)).toBe(true);
  await parent.kill();
  await waitFor(() => !isRunning(childPid), { description: "the child is gone" });
});
