import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { identifyProcess, isStillRunning, type ProcessIdentity } from "./process-identity.js";
import { spawnTethered, stopTethered, type TetheredOptions } from "./tethered-process.js";

const quiet = { env: process.env, stdout: "ignore", stderr: "ignore", graceSeconds: 0 } as const;
const sleeper = { ...quiet, command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] };
/** Says on its parent's output that the command itself runs, no longer the shell that starts it and its guard. */
const announced = {
  ...sleeper,
  stdout: "inherit",
  args: ["-e", "console.log('running'); setInterval(() => {}, 1000)"],
} as const;
const deafToTerm = "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)";

async function isGone(identity: ProcessIdentity): Promise<true> {
  while (isStillRunning(identity)) await delay(10);
  return true;
}

/** A parent of its own that starts one tethered process and prints its pid. */
async function startParent(
  options: TetheredOptions,
): Promise<{ parent: ChildProcess; tethered: ProcessIdentity }> {
  const source = new URL("./tethered-process.ts", import.meta.url).href;
  const script = `
    const { spawnTethered } = await import(${JSON.stringify(source)});
    console.log(spawnTethered(${JSON.stringify(options)}).pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const wanted = options.stdout === "inherit" ? /^\d+$[^]*^running$|^running$[^]*^\d+$/m : /^\d+$/m;
  let printed = "";
  while (!wanted.test(printed)) printed += String((await once(parent.stdout, "data"))[0]);
  const tethered = identifyProcess(Number(/^\d+$/m.exec(printed)?.[0]));
  if (tethered === undefined) throw new Error(`no process has the printed pid: ${printed}`);
  return { parent, tethered };
}

test("a tethered process ends when its parent is killed", async () => {
  const { parent, tethered } = await startParent(sleeper);
  expect(isStillRunning(tethered)).toBe(true);
  parent.kill("SIGKILL");
  expect(await isGone(tethered)).toBe(true);
});

test("a paused tethered process ends too when its parent is killed", async () => {
  // Paused any earlier, it would be the shell, which has no guard yet.
  const { parent, tethered } = await startParent(announced);
  process.kill(tethered.pid, "SIGSTOP");
  parent.kill("SIGKILL");
  expect(await isGone(tethered)).toBe(true);
});

test("a process that ignores SIGTERM is killed when the grace after its parent's end is over", async () => {
  const { parent, tethered } = await startParent({ ...sleeper, args: ["-e", deafToTerm], graceSeconds: 1 });
  parent.kill("SIGKILL");
  expect(await isGone(tethered)).toBe(true);
});

test("the pid is that of the command itself, and its exit code arrives", async () => {
  const tethered = spawnTethered({ ...quiet, command: process.execPath, args: ["-e", "process.exit(7)"] });
  expect(tethered.pid).toBe(tethered.child.pid);
  expect(await tethered.exited).toEqual({ code: 7, signal: null });
});

test("a command that does not exist ends with code 127", async () => {
  const tethered = spawnTethered({ ...quiet, command: "/nowhere/redis-server", args: [] });
  expect(await tethered.exited).toEqual({ code: 127, signal: null });
});

test("a folder that does not exist is an error at once", () => {
  expect(() => spawnTethered({ ...sleeper, cwd: "/nowhere" })).toThrow("could not start");
});

test("stopping kills after the deadline what ignores SIGTERM, and may be repeated", async () => {
  const tethered = spawnTethered({ ...sleeper, args: ["-e", deafToTerm], stdout: "pipe" });
  if (tethered.child.stdout !== null) await once(tethered.child.stdout, "data");
  expect(await stopTethered(tethered, 50)).toEqual({ code: null, signal: "SIGKILL" });
  expect(await stopTethered(tethered, 50)).toEqual({ code: null, signal: "SIGKILL" });
});
