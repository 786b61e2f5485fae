import { assertQueueName } from "@heddle/protocol";
import {
  commaSeparated,
  commonConfiguration,
  commonVariables,
  conductorVariables,
  healthPort,
  holds,
  modules,
  optionalModules,
  readEnvironment,
  systemTaskConfiguration,
  systemTaskVariables,
  wholeNumber,
  type CommonConfiguration,
} from "@heddle/service-process";
import { z } from "zod";

export interface Configuration extends CommonConfiguration {
  /** Packages, or paths relative to the working directory. */
  readonly activityModules: readonly string[];
  readonly queues: readonly string[];
  /** What system tasks of Conductor's definitions may do; `undefined`: this process runs none. */
  readonly systemTasks: ReturnType<typeof systemTaskConfiguration> | undefined;
  /** Attempts at once, per queue. */
  readonly concurrency: number;
  /** From SIGTERM until running attempts are given back. */
  readonly drainMs: number;
  /** `undefined`: no health server. */
  readonly healthPort: number | undefined;
}

const environmentSchema = z.object({
  ...commonVariables,
  ...conductorVariables,
  ...systemTaskVariables,
  HEDDLE_ACTIVITIES: modules("activities"),
  HEDDLE_QUEUES: z
    .string()
    .default("default")
    .transform(commaSeparated)
    .refine((queues) => queues.length > 0, "names no queue; give at least one")
    .refine(
      (queues) => queues.every(holds(assertQueueName)),
      'holds a bad name; each must be 1 to 64 letters, digits, ".", "_" or "-"',
    ),
  HEDDLE_CONCURRENCY: wholeNumber({ least: 1, most: 10_000, fallback: 100 }),
  HEDDLE_DRAIN_MS: wholeNumber({ least: 0, most: 86_400_000, fallback: 10_000 }),
  HEDDLE_HEALTH_PORT: healthPort(),
});

/** Throws `ConfigurationError` that names every variable at fault. */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const isForConductor = environment["HEDDLE_CONDUCTOR"] === "1";
  const schema = isForConductor
    ? environmentSchema.extend({ HEDDLE_ACTIVITIES: optionalModules() })
    : environmentSchema;
  const variables = readEnvironment(schema, environment);
  return {
    ...commonConfiguration(variables),
    activityModules: variables.HEDDLE_ACTIVITIES,
    queues: variables.HEDDLE_QUEUES,
    systemTasks:
      variables.HEDDLE_CONDUCTOR === "0" ? undefined : systemTaskConfiguration(variables, environment),
    concurrency: variables.HEDDLE_CONCURRENCY,
    drainMs: variables.HEDDLE_DRAIN_MS,
    healthPort: variables.HEDDLE_HEALTH_PORT,
  };
}
