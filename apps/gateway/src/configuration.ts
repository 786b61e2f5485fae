import {
  commonConfiguration,
  commonVariables,
  flag,
  readEnvironment,
  wholeNumber,
  type CommonConfiguration,
} from "@heddle/service-process";
import { z } from "zod";
import { isLoopback } from "./loopback.js";

export interface Configuration extends CommonConfiguration {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** From SIGTERM until requests still in flight are cut off. */
  readonly drainMs: number;
}

const environmentSchema = z
  .object({
    ...commonVariables,
    HEDDLE_HOST: z.string().default("127.0.0.1"),
    HEDDLE_PORT: wholeNumber({ least: 0, most: 65_535, fallback: 8_080 }),
    HEDDLE_DRAIN_MS: wholeNumber({ least: 0, most: 600_000, fallback: 10_000 }),
    HEDDLE_ALLOW_UNAUTHENTICATED: flag(),
  })
  .superRefine((environment, context) => {
    if (environment.HEDDLE_ALLOW_UNAUTHENTICATED || isLoopback(environment.HEDDLE_HOST)) return;
    context.addIssue({
      code: "custom",
      path: ["HEDDLE_HOST"],
      message:
        `is ${JSON.stringify(environment.HEDDLE_HOST)}, which other machines can reach, and this gateway has no ` +
        `authentication yet: whoever reaches it can start, read and end every workflow. Bind it to 127.0.0.1, or put ` +
        `it behind something that authenticates and set HEDDLE_ALLOW_UNAUTHENTICATED=1`,
    });
  });

/** Throws `ConfigurationError` that names every variable at fault. */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const variables = readEnvironment(environmentSchema, environment);
  return {
    ...commonConfiguration(variables),
    host: variables.HEDDLE_HOST,
    port: variables.HEDDLE_PORT,
    drainMs: variables.HEDDLE_DRAIN_MS,
  };
}
