// A definition that uses every type of task, and what it comes to. Its HTTP calls and messages carry the id of their task.

type Json = Readonly<Record<string, unknown>>;

export interface WalkSurroundings {
  /** `host:port` that the HTTP tasks call. */
  readonly httpHost: string;
  readonly brokers: readonly string[];
  readonly topic: string;
}

/** Tasks that wait for somebody outside when their own work is done, in the order in which `approve` completes them. */
const APPROVED = ["call", "event", "publish", "ask"] as const;

/** What one execution does outside, by reference name: how many attempts the task has. */
export const EFFECTS = { call: 1, shaky: 2, event: 1, publish: 1 } as const;

/** The definition of `SUB_WORKFLOW` and `START_WORKFLOW`, as `conductor.findDefinition` gives it. */
export const CHILD = {
  name: "walk-child",
  tasks: [simple("child_echo", "echo", { inputParameters: { text: "${workflow.input.text}" } })],
};

/** The tasks that do something outside, by reference name. A `shaky` call fails in its first attempt, a `hanging` one has no answer then. */
export function effectTask(
  from: keyof typeof EFFECTS | "hanging",
  { httpHost, brokers, topic }: WalkSurroundings,
  rest: Json = {},
): Json {
  const value = { from, walk: "${workflow.workflowId}" };
  switch (from) {
    case "event":
      return task(from, "EVENT", { sink: `kafka:${topic}`, inputParameters: value, ...rest });
    case "publish": {
      const servers = { bootStrapServers: brokers.join(","), topic };
      const kafka_request = { ...servers, value, requestTimeoutMs: 30_000, maxBlockMs: 30_000 };
      return task(from, "KAFKA_PUBLISH", { inputParameters: { kafka_request }, ...rest });
    }
    default: {
      const headers = { "task-id": "${CPEWF_TASK_ID}", "workflow-id": "${workflow.workflowId}" };
      const inputParameters = {
        ...{ uri: `http://${httpHost}/${from}`, method: "POST", headers },
        ...{ readTimeOut: 30_000, connectionTimeOut: 30_000 },
      };
      return task(from, "HTTP", { inputParameters, ...rest });
    }
  }
}

/** One more attempt, at once. */
export const ANOTHER_ATTEMPT = { retryCount: 1, taskDefinition: { name: "effect", retryDelaySeconds: 0 } };

export function walkDefinition(surroundings: WalkSurroundings): Json {
  const branches = [
    [effectTask("call", surroundings, { asyncComplete: true })],
    [effectTask("event", surroundings, { asyncComplete: true })],
    [effectTask("publish", surroundings, { asyncComplete: true })],
    [task("pause", "WAIT", { inputParameters: { duration: "1s" } }), task("ask", "HUMAN")],
    [simple("flaky", "flaky", ANOTHER_ATTEMPT)],
    [effectTask("shaky", surroundings, ANOTHER_ATTEMPT)],
    [simple("excused", "hopeless", { optional: true })],
    [simple("later", "echo", { startDelay: 1, inputParameters: { text: "late" } })],
    [
      task("sub", "SUB_WORKFLOW", {
        subWorkflowParam: { name: CHILD.name },
        inputParameters: { text: "from the child" },
      }),
    ],
    [
      task("started", "START_WORKFLOW", {
        inputParameters: { startWorkflow: { name: CHILD.name, input: { text: "on its own" } } },
      }),
    ],
    [simple("approve", "approve", { inputParameters: { refs: APPROVED } })],
  ];
  return {
    name: "walk",
    timeoutSeconds: 600,
    timeoutPolicy: "TIME_OUT_WF",
    tasks: [
      task("remember", "SET_VARIABLE", { inputParameters: { colour: "${workflow.input.colour}" } }),
      task("nothing", "NOOP"),
      task("double", "INLINE", { inputParameters: { expression: "$.n * 2", n: 21 } }),
      task("sign", "LAMBDA", {
        inputParameters: { scriptExpression: "return $.n > 0 ? 'positive' : 'other'", n: 1 },
      }),
      task("sum", "JSON_JQ_TRANSFORM", {
        inputParameters: { queryExpression: ".list | add", list: [1, 2, 3] },
      }),
      task("route", "SWITCH", {
        ...{ evaluatorType: "javascript", expression: "$.sum === 6 ? 'six' : 'other'" },
        inputParameters: { sum: "${sum.output.result}" },
        decisionCases: {
          six: [
            task("decide", "DECISION", {
              caseValueParam: "colour",
              inputParameters: { colour: "${workflow.variables.colour}" },
              decisionCases: { red: [simple("paint", "echo", { inputParameters: { text: "painted" } })] },
              defaultCase: [task("leave", "NOOP")],
            }),
          ],
        },
      }),
      task("painted", "EXCLUSIVE_JOIN", { joinOn: ["paint", "leave"], defaultExclusiveJoinTask: ["route"] }),
      task("any", "DYNAMIC", {
        dynamicTaskNameParam: "which",
        inputParameters: { which: "echo", text: "${painted.output.text}" },
      }),
      task("fork", "FORK_JOIN", { forkTasks: branches }),
      task("join", "JOIN", { joinOn: branches.map((branch) => branch.at(-1)?.["taskReferenceName"]) }),
      simple("forgiven", "hopeless", { permissive: true }),
      task("each", "FORK_JOIN_DYNAMIC", {
        inputParameters: { forkTaskName: "echo", forkTaskInputs: [{ text: "a" }, { text: "b" }] },
      }),
      task("each_join", "JOIN"),
      task("loop", "DO_WHILE", {
        ...{ items: "${workflow.input.items}", loopCondition: "$.loop['iteration'] < 3" },
        inputParameters: { keepLastN: 2 },
        loopOver: [simple("work", "echo", { inputParameters: { text: "${loop.output.loopItem}" } })],
      }),
      task("end", "TERMINATE", {
        inputParameters: {
          terminationStatus: "COMPLETED",
          workflowOutput: {
            double: "${double.output.result}",
            sign: "${sign.output.result}",
            painted: "${any.output.text}",
            called: "${call.output.response.body}",
            approved: APPROVED.map((ref) => `\${${ref}.output.approved}`),
            flaky: "${flaky.output.attempt}",
            shaky: "${shaky.output.response.body}",
            excused: "${excused.status}",
            forgiven: "${forgiven.status}",
            later: "${later.output.text}",
            child: "${sub.output.text}",
            each: "${each_join.output}",
            last: "${loop.output}",
          },
        },
      }),
    ],
  };
}

export const WALK_INPUT = { colour: "red", items: ["x", "y", "z", "never"] };

export const WALK_OUTPUT = {
  ...{ double: 42, sign: "positive", painted: "painted", called: { fine: true } },
  ...{ approved: [true, true, true, true], flaky: 1, shaky: { fine: true } },
  ...{ excused: "COMPLETED_WITH_ERRORS", forgiven: "FAILED_WITH_TERMINAL_ERROR", later: "late" },
  ...{ child: "from the child", each: { _echo_0: { text: "a" }, _echo_1: { text: "b" } } },
  last: {
    ...{ iteration: 3, loopIndex: 2, loopItem: "z" },
    ...{ 2: { work: { text: "y" } }, 3: { work: { text: "z" } } },
  },
};

function task(ref: string, type: string, rest: Json = {}): Json {
  return { name: ref, taskReferenceName: ref, type, ...rest };
}

/** Of a worker's task type. Workers that die are a matter of a second, not of the minute that is usual. */
function simple(ref: string, name: string, rest: Json = {}): Json {
  const taskDefinition = { name, retryCount: 10, retryDelaySeconds: 1 };
  return { ...task(ref, "SIMPLE", { taskDefinition, ...rest }), name };
}
