import { expect, test } from "vitest";
import { DrivenExecution, task } from "./testing/driven-execution.js";

const ok = () => ({ ok: true });

async function recordsOf(definition: Parameters<typeof DrivenExecution.start>[0]): Promise<number> {
  const run = await DrivenExecution.start(definition, { workers: { work: ok } });
  expect(run.json["status"]).toBe("COMPLETED");
  return run.records.length;
}

const fork = (branches: number) => {
  const refs = Array.from({ length: branches }, (_, index) => `work_${index}`);
  const work = (ref: string) => [{ name: "work", taskReferenceName: ref, type: "SIMPLE" }];
  return {
    tasks: [task("fork", "FORK_JOIN", { forkTasks: refs.map(work) }), task("join", "JOIN", { joinOn: refs })],
  };
};

const loop = (iterations: number) => ({
  tasks: [
    task("loop", "DO_WHILE", {
      loopCondition: `$.loop['iteration'] < ${iterations}`,
      loopOver: [task("work")],
    }),
  ],
});

test("a fork of 2,000 branches takes two records for each", { timeout: 120_000 }, async () => {
  const [small, large] = [await recordsOf(fork(100)), await recordsOf(fork(2_000))];
  expect(large - small).toBe(2 * 1_900);
});

test("an iteration of a loop costs the same when there were thousands", { timeout: 120_000 }, async () => {
  const sizes: number[] = [];
  const run = async (iterations: number) => {
    const driven = await DrivenExecution.start(loop(iterations), { workers: { work: ok } });
    expect(driven.task("loop")["outputData"]).toMatchObject({ iteration: iterations });
    sizes.push(driven.records.reduce((sum, { byteLength }) => sum + byteLength, 0));
    return driven.records.length;
  };
  const [small, large] = [await run(100), await run(5_000)];
  expect(large - small).toBe(4 * 4_900);
  // Bytes as well: a condition is not sent what earlier iterations gave.
  const [smallBytes = 0, largeBytes = 0] = sizes;
  expect(largeBytes / smallBytes).toBeLessThan(55);
});
