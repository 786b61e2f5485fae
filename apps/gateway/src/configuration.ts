import {
  commonConfiguration,
  commonVariables,
  flag,
  readEnvironment,
  wholeNumber,
  type CommonConfiguration,
} from "@heddle/service-process";
import type { GatewayAccess, GatewayLimits } from "@heddle/gateway";
import { z } from "zod";
import { accessConfiguration, accessVariables, findAccessFault } from "./access-configuration.js";
import { eventConfiguration, eventVariables, type EventConfiguration } from "./event-configuration.js";
import { isLoopback } from "./loopback.js";

export interface Configuration extends CommonConfiguration, EventConfiguration {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** From SIGTERM until requests still in flight are cut off. */
  readonly drainMs: number;
  readonly access: Omit<GatewayAccess, "store">;
  readonly corsOrigins: readonly string[];
  readonly limits: GatewayLimits;
  /** Addresses of proxies whose `x-forwarded-*` headers are believed. */
  readonly trustProxy: readonly string[];
}

const environmentSchema = z
  .object({
    ...commonVariables,
    ...accessVariables,
    ...eventVariables,
    HEDDLE_HOST: z.string().default("127.0.0.1"),
    HEDDLE_PORT: wholeNumber({ least: 0, most: 65_535, fallback: 8_080 }),
    HEDDLE_DRAIN_MS: wholeNumber({ least: 0, most: 600_000, fallback: 10_000 }),
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
    drainMs: variables.HEDDLE_DRAIN_MS,
    access: accessConfiguration(variables),
    corsOrigins: variables.HEDDLE_CORS_ORIGINS,
    limits: {
      streams: { total: variables.HEDDLE_MAX_STREAMS, perCaller: variables.HEDDLE_MAX_STREAMS_PER_CALLER },
    },
    trustProxy: variables.HEDDLE_TRUST_PROXY,
  };
}
