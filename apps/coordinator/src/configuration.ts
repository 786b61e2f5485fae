import {
  commaSeparated,
  commonConfiguration,
  commonVariables,
  conductorVariables,
  healthPort,
  modules,
  optionalModules,
  readEnvironment,
  wholeNumber,
  type CommonConfiguration,
} from "@heddle/service-process";
import { z } from "zod";

export interface Configuration extends CommonConfiguration {
  /** Must be what the namespace was begun with; `undefined` takes that, or the store's default for a new one. */
  readonly partitions: number | undefined;
  /** Packages, or paths relative to the working directory. */
  readonly workflowModules: readonly string[];
  /** Runs executions of Conductor's definitions. */
  readonly runsConductor: boolean;
  /** Modules whose activities tell queue, retry and timeouts of those that workflows name but do not define. */
  readonly activityModules: readonly string[];
  /** The longest time a killed coordinator holds up its partitions. */
  readonly leaseTtlMs: number;
  readonly renewEveryMs: number;
  /** `undefined`: the coordinator's default. */
  readonly cachedRuns: number | undefined;
  /** `undefined`: no health server. */
  readonly healthPort: number | undefined;
}

const environmentSchema = z.object({
  ...commonVariables,
  ...conductorVariables,
  HEDDLE_PARTITIONS: wholeNumber({ least: 1, most: 1_024, fallback: undefined }),
  HEDDLE_WORKFLOWS: modules("workflows"),
  HEDDLE_ACTIVITIES: z.string().default("").transform(commaSeparated),
  // Below this a busy event loop alone would lose leases.
  HEDDLE_LEASE_TTL_MS: wholeNumber({ least: 300, most: 600_000, fallback: 3_000 }),
  HEDDLE_CACHED_RUNS: wholeNumber({ least: 1, most: 10_000_000, fallback: undefined }),
  HEDDLE_HEALTH_PORT: healthPort(),
});

/** Throws `ConfigurationError` that names every variable at fault. */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const isForConductor = environment["HEDDLE_CONDUCTOR"] === "1";
  const schema = isForConductor
    ? environmentSchema.extend({ HEDDLE_WORKFLOWS: optionalModules() })
    : environmentSchema;
  const variables = readEnvironment(schema, environment);
  return {
    ...commonConfiguration(variables),
    partitions: variables.HEDDLE_PARTITIONS,
    workflowModules: variables.HEDDLE_WORKFLOWS,
    runsConductor: variables.HEDDLE_CONDUCTOR !== "0",
    activityModules: variables.HEDDLE_ACTIVITIES,
    leaseTtlMs: variables.HEDDLE_LEASE_TTL_MS,
    // Two renewals may go missing before the lease is gone.
    renewEveryMs: Math.floor(variables.HEDDLE_LEASE_TTL_MS / 3),
    cachedRuns: variables.HEDDLE_CACHED_RUNS,
    healthPort: variables.HEDDLE_HEALTH_PORT,
  };
}
