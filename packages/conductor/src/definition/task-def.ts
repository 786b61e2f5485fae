import { z } from "zod";
import { flag, jsonBean, jsonMap, requiredName, wholeNumber } from "./json-bean.js";
import { schemaDef } from "./schema-def.js";

export const RETRY_LOGICS = ["FIXED", "EXPONENTIAL_BACKOFF", "LINEAR_BACKOFF"] as const;
/** How the delay grows with the number of retries; see `retryDelayMs`. */
export type RetryLogic = (typeof RETRY_LOGICS)[number];

const TASK_TIMEOUT_POLICIES = ["RETRY", "TIME_OUT_WF", "ALERT_ONLY"] as const;
export type TaskTimeoutPolicy = (typeof TASK_TIMEOUT_POLICIES)[number];

const count = wholeNumber(0);

export const taskDef = jsonBean({
  name: requiredName("TaskDef name"),
  description: z.string().optional(),
  ownerEmail: z.string().optional(),
  /** Retries, not attempts: 3 allows 4 attempts. */
  retryCount: count.default(3),
  retryLogic: z.enum(RETRY_LOGICS).default("FIXED"),
  retryDelaySeconds: count.default(60),
  /** Factor of `LINEAR_BACKOFF` alone. */
  backoffScaleFactor: wholeNumber(1).default(1),
  /** Cap of the delay; 0 is no cap. */
  maxRetryDelaySeconds: count.default(0),
  /** Up to this much is added to each delay. */
  backoffJitterMs: count.default(0),
  /** Time of one attempt from its start; 0 is no limit. */
  timeoutSeconds: count.default(0),
  /** A task in progress that nobody updates for this long is timed out and retried, whatever `timeoutPolicy` says. */
  responseTimeoutSeconds: wholeNumber(1).default(3600),
  /** Time in the queue before a worker takes the task. */
  pollTimeoutSeconds: count.optional(),
  /** Budget of all attempts and the delays between them; 0 is no limit. */
  totalTimeoutSeconds: count.default(0),
  /** What the attempt, poll and total timeouts do. */
  timeoutPolicy: z.enum(TASK_TIMEOUT_POLICIES).default("TIME_OUT_WF"),
  /** Tasks of this name in progress at once; absent is no limit. */
  concurrentExecLimit: count.optional(),
  /** Tasks given out per window; 0 is no limit. */
  rateLimitPerFrequency: count.default(0),
  rateLimitFrequencyInSeconds: wholeNumber(1).default(1),
  inputKeys: z.array(z.string()).default([]),
  outputKeys: z.array(z.string()).default([]),
  /** Inputs that a task gets when its definition in the workflow does not give them. */
  inputTemplate: jsonMap.default({}),
  isolationGroupId: z.string().optional(),
  executionNameSpace: z.string().optional(),
  inputSchema: schemaDef.optional(),
  outputSchema: schemaDef.optional(),
  enforceSchema: flag.default(false),
  baseType: z.string().optional(),
  runtimeMetadata: jsonMap.optional(),
  taskStatusListenerEnabled: flag.default(true),
  ownerApp: z.string().optional(),
  createTime: count.optional(),
  updateTime: count.optional(),
  createdBy: z.string().optional(),
  updatedBy: z.string().optional(),
});

/** Definition of a task: what holds for every task of this name, in whichever workflow. */
export type TaskDef = z.output<typeof taskDef>;
