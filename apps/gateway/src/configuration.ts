import {
  commonConfiguration,
  commonVariables,
  conductorVariables,
  egressOf,
  egressVariables,
  expressionEnvironment,
  expressionVariables,
  flag,
  holds,
  readEnvironment,
  wholeNumber,
  secretsIn,
  type CommonConfiguration,
  type Egress,
} from "@heddle/service-process";
import type { GatewayAccess, GatewayLimits } from "@heddle/gateway";
import { assertQueueName } from "@heddle/protocol";
import { z } from "zod";
import { accessConfiguration, accessVariables, findAccessFault } from "./access-configuration.js";
import { eventConfiguration, eventVariables, type EventConfiguration } from "./event-configuration.js";
import { isLoopback } from "./loopback.js";

export interface Configuration extends CommonConfiguration, EventConfiguration {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** How long SIGTERM only turns readiness off, so that nobody is refused before callers have noticed. */
  readonly preStopMs: number;
  /** From then on until requests still in flight are cut off. */
  readonly drainMs: number;
  /** BullMQ queue that other services put jobs on; undefined: none is read. */
  readonly ingestionQueue: string | undefined;
  /** Jobs of it handled at a time. */
  readonly ingestionConcurrency: number;
  /** Refused jobs that are kept. */
  readonly access: Omit<GatewayAccess, "store">;
  /** `undefined`: Conductor's API is not served. */
  readonly conductor: ConductorConfiguration | undefined;
  readonly corsOrigins: readonly string[];
  readonly limits: GatewayLimits;
  /** Addresses of proxies whose `x-forwarded-*` headers are believed. */
  readonly trustProxy: readonly string[];
}

interface ConductorConfiguration {
  /** Where HTTP tasks may go. */
  readonly egress: Egress;
  /** Variables that expressions may read. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the secrets that the workers have, as far as this process knows them too. */
  readonly secretNames: readonly string[];
  /** What of them is put into tasks when a worker polls them. */
  readonly secrets: Readonly<Record<string, string>>;
}

const environmentSchema = z
  .object({
    ...commonVariables,
    ...accessVariables,
    ...eventVariables,
    ...conductorVariables,
    ...egressVariables,
    ...expressionVariables,
    HEDDLE_HOST: z.string().default("127.0.0.1"),
    HEDDLE_PORT: wholeNumber({ least: 0, most: 65_535, fallback: 8_080 }),
    HEDDLE_PRESTOP_MS: wholeNumber({ least: 0, most: 600_000, fallback: 0 }),
    HEDDLE_DRAIN_MS: wholeNumber({ least: 0, most: 600_000, fallback: 10_000 }),
    HEDDLE_INGESTION_QUEUE: z
      .string()
      .refine(holds(assertQueueName), 'must be 1 to 64 letters, digits, ".", "_" or "-"')
      .optional(),
    HEDDLE_INGESTION_CONCURRENCY: wholeNumber({ least: 1, most: 10_000, fallback: 100 }),
    HEDDLE_DEAD_LETTERS: wholeNumber({ least: 1, most: 10_000_000, fallback: undefined }),
    HEDDLE_DEV: flag(),
    HEDDLE_MAX_STREAMS: wholeNumber({ least: 0, most: 100_000, fallback: 1_000 }),
    HEDDLE_MAX_STREAMS_PER_CALLER: wholeNumber({ least: 0, most: 100_000, fallback: 100 }),
  })
  .superRefine((environment, context) => {
    const refuse = (variable: string, message: string): void =>
      context.addIssue({ code: "custom", path: [variable], message });
    const fault = findAccessFault(environment);
    if (fault !== undefined) refuse(fault.variable, fault.message);
    if (environment.HEDDLE_DEV && !isLoopback(environment.HEDDLE_HOST)) {
      refuse(
        "HEDDLE_DEV",
        `is 1, which lets everybody do everything, and HEDDLE_HOST is ${JSON.stringify(environment.HEDDLE_HOST)}, which ` +
          `other machines can reach. Bind 127.0.0.1, or leave HEDDLE_DEV out and set HEDDLE_ADMIN_KEY`,
      );
    }
  });

/** Throws `ConfigurationError` that names every variable at fault. */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const variables = readEnvironment(environmentSchema, environment);
  return {
    ...commonConfiguration(variables),
    ...eventConfiguration(variables, environment),
    host: variables.HEDDLE_HOST,
    port: variables.HEDDLE_PORT,
    preStopMs: variables.HEDDLE_PRESTOP_MS,
    drainMs: variables.HEDDLE_DRAIN_MS,
    ingestionQueue: variables.HEDDLE_INGESTION_QUEUE,
    ingestionConcurrency: variables.HEDDLE_INGESTION_CONCURRENCY,
    access: accessConfiguration(variables),
    conductor:
      variables.HEDDLE_CONDUCTOR === "0"
        ? undefined
        : {
            egress: egressOf(variables),
            environment: expressionEnvironment(variables, environment),
            secretNames: Object.keys(secretsIn(environment)),
            secrets: secretsIn(environment),
          },
    corsOrigins: variables.HEDDLE_CORS_ORIGINS,
    limits: {
      deadLetters: variables.HEDDLE_DEAD_LETTERS,
      streams: { total: variables.HEDDLE_MAX_STREAMS, perCaller: variables.HEDDLE_MAX_STREAMS_PER_CALLER },
    },
    trustProxy: variables.HEDDLE_TRUST_PROXY,
  };
}
