import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonMap } from "../definition/json-bean.js";
import { DrivenExecution, task, type DrivenOptions } from "./testing/driven-execution.js";

type Make = (nextRef: () => string) => JsonMap[];

/** A task, or a fork with its join; reference names are given when the whole definition is known. */
const { list } = fc.letrec<{ list: Make; step: Make }>((tie) => ({
  list: fc
    .array(tie("step"), { minLength: 1, maxLength: 3 })
    .map((steps) => (nextRef: () => string) => steps.flatMap((step) => step(nextRef))),
  step: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc
      .record({
        failures: fc.integer({ min: 0, max: 3 }),
        retryCount: fc.integer({ min: 0, max: 2 }),
        flag: fc.constantFrom({}, { optional: true }, { permissive: true }),
        startDelay: fc.constantFrom(0, 5),
      })
      .map(({ failures, flag, ...rest }): Make => (nextRef) => [
        {
          ...task(nextRef(), "SIMPLE", rest),
          name: "work",
          ...flag,
          inputParameters: { failures, n: "${workflow.variables.n}" },
        },
      ]),
    fc
      .integer({ min: 0, max: 3 })
      .map((n): Make => (nextRef) => [task(nextRef(), "SET_VARIABLE", { inputParameters: { n } })]),
    fc.constantFrom("1s", "1m", "nonsense").map((duration): Make => (nextRef) => [
      task(nextRef(), "WAIT", {
        inputParameters: { duration: `\${workflow.input.${duration}}` },
        optional: true,
      }),
    ]),
    fc.constant<Make>((nextRef) => [task(nextRef(), "HUMAN")]),
    fc.constantFrom("COMPLETED", "FAILED", "TERMINATED").map((terminationStatus): Make => (nextRef) => [
      task(nextRef(), "TERMINATE", {
        inputParameters: { terminationStatus, workflowOutput: { n: "${workflow.variables.n}" } },
      }),
    ]),
    fc.tuple(tie("list"), tie("list")).map(([one, other]): Make => (nextRef) => [
      task(nextRef(), "SWITCH", {
        ...{
          evaluatorType: "value-param",
          expression: "n",
          inputParameters: { n: "${workflow.variables.n}" },
        },
        ...{ decisionCases: { 1: one(nextRef) }, defaultCase: other(nextRef) },
      }),
    ]),
    fc.tuple(tie("list"), tie("list")).map((branches): Make => (nextRef) => {
      const forkTasks = branches.map((branch) => branch(nextRef));
      const joinOn = forkTasks.flatMap((branch) => branch.at(-1)?.["taskReferenceName"] ?? []);
      return [task(nextRef(), "FORK_JOIN", { forkTasks }), task(nextRef(), "JOIN", { joinOn })];
    }),
    fc.tuple(tie("list"), fc.integer({ min: 1, max: 3 })).map(([body, most]): Make => (nextRef) => {
      const ref = nextRef();
      return [
        task(ref, "DO_WHILE", { loopCondition: `$.${ref}['iteration'] < ${most}`, loopOver: body(nextRef) }),
      ];
    }),
  ),
}));

const definition = list.map((make): JsonMap => {
  let count = 0;
  return { variables: { n: 0 }, tasks: make(() => `t${++count}`) };
});

const options: DrivenOptions = {
  input: { "1s": "1s", "1m": "1m", nonsense: "nonsense" },
  workers: {
    work: ({ retryCount, inputData }) => {
      const { failures, n } = inputData as { failures: number; n: unknown };
      if (Number(retryCount) < failures)
        throw Object.assign(new Error(`failure ${String(retryCount)}`), { stack: "" });
      return { n, retryCount };
    },
  },
};

/** To its end, with somebody who ends the HUMAN tasks one after the other. */
async function drive(json: JsonMap, way: DrivenOptions): Promise<DrivenExecution> {
  const run = await DrivenExecution.start(json, { ...options, ...way });
  for (let round = 0; run.json["status"] === "RUNNING"; round++) {
    if (round > 300) throw new Error(`it does not end: ${run.states.join(", ")}`);
    await run.advance(10 * 60_000);
    const human = run.tasks.find(({ taskType, status }) => taskType === "HUMAN" && status === "IN_PROGRESS");
    if (human !== undefined) {
      await run.updateTask({ taskId: String(human["taskId"]), status: "COMPLETED", outputData: { round } });
    }
  }
  return run;
}

test(
  "any definition goes the same way live, killed before each event, and replayed",
  { timeout: 180_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(definition, async (json) => {
        const live = await drive(json, {});
        const killed = await drive(json, { killedBeforeEachEvent: true });
        expect(killed.json).toEqual(live.json);
        expect(killed.records.map(textOf)).toEqual(live.records.map(textOf));
        expect(await live.replayed()).toEqual(live.json);
        const statuses = live.tasks.map(({ status }) => status);
        expect(statuses).not.toContain("IN_PROGRESS");
        expect(statuses).not.toContain("SCHEDULED");
      }),
      { numRuns: 150 },
    );
  },
);

const textOf = (record: Uint8Array) => Buffer.from(record).toString("latin1");
