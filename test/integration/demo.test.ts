// What a newcomer runs first. It starts the builds in `dist`, so it needs `npm run build`, which `npm test` does.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawnProcess, waitFor } from "@heddle/testkit";
import { expect, onTestFinished, test } from "vitest";

const entry = fileURLToPath(new URL("../../apps/demo/dist/main.js", import.meta.url));
const env = { REDIS_URL: undefined, NO_COLOR: "1" };

test.skipIf(!existsSync(entry))(
  "the demo kills the owner of a run and shows that nothing happened twice",
  async () => {
    const demo = await spawnProcess({ name: "demo", entry, cwd: await emptyFolder(), env });
    const exit = await demo.exited;
    const story = demo.lines.join("\n");
    expect(exit, story).toMatchObject({ code: 0 });
    const outcomes = /^ +(\w+) · (\w+) · (\w+)$/m.exec(story)?.slice(1).sort();
    expect(outcomes).toEqual(["duplicate", "duplicate", "started"]);
    expect(story).toMatch(/query phase +"charging"/);
    expect(story).toMatch(/kill -9 +coordinator-\d \(pid \d+\)/);
    expect(story).toMatch(/result +order-1001 · shipped · ada · receipt-order-1001 · parcel-order-1001/);
    expect(story).toMatch(/history +reserveStock 1× · chargeCard 1× · shipOrder 1×/);
    expect(story).toMatch(/effects outside +1 charge/);
    expect(story).toMatch(/Done in \d+\.\d s/);
  },
);

test.skipIf(!existsSync(entry))("a killed demo leaves no process behind", async () => {
  const cwd = await emptyFolder();
  const demo = await spawnProcess({ name: "demo", entry, cwd, env, readyWhen: /start-or-signal/ });
  const log = await readFile(join(cwd, ".heddle/demo/worker-1.log"), "utf8");
  const { pid } = JSON.parse(log.split("\n", 1).join("")) as { pid: number };
  expect(isRunning(pid)).toBe(true);
  await demo.kill();
  await waitFor(() => !isRunning(pid), { description: "the worker of the demo is gone" });
});

/** The demo keeps its logs below the folder in which it is started. */
async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "heddle-demo-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
