import { assertNamespace, assertQueueName, ConfigurationError } from "@heddle/protocol";
import { LOG_LEVELS, type LogLevel } from "@heddle/telemetry";
import { z } from "zod";

export interface Configuration {
  readonly redisUrl: string;
  readonly namespace: string;
  /** First part of all keys; the store's own default without it. */
  readonly prefix: string | undefined;
  /** Packages, or paths relative to the working directory. */
  readonly activityModules: readonly string[];
  readonly queues: readonly string[];
  /** Attempts at once, per queue. */
  readonly concurrency: number;
  /** From SIGTERM until running attempts are given back. */
  readonly drainMs: number;
  readonly logLevel: LogLevel;
  /** `undefined`: no health server. */
  readonly healthPort: number | undefined;
}

const environmentSchema = z.object({
  REDIS_URL: z
    .string("is not set; give the URL of a Redis, for example redis://127.0.0.1:6379")
    .regex(/^(rediss?|unix):\/\//, "must begin with redis://, rediss:// or unix://"),
  HEDDLE_NAMESPACE: z
    .string()
    .default("default")
    .refine(holds(assertNamespace), 'must be 1 to 64 letters, digits, ".", "_" or "-"'),
  HEDDLE_PREFIX: z
    .string()
    .refine(holds(assertNamespace), 'must be 1 to 64 letters, digits, ".", "_" or "-"')
    .optional(),
  HEDDLE_ACTIVITIES: z
    .string("is not set; name the modules that export activities, for example ./dist/activities.js")
    .transform(listed)
    .refine(
      (modules) => modules.length > 0,
      "names no module; give at least one, for example ./dist/activities.js",
    ),
  HEDDLE_QUEUES: z
    .string()
    .default("default")
    .transform(listed)
    .refine((queues) => queues.length > 0, "names no queue; give at least one")
    .refine(
      (queues) => queues.every(holds(assertQueueName)),
      'holds a bad name; each must be 1 to 64 letters, digits, ".", "_" or "-"',
    ),
  HEDDLE_CONCURRENCY: wholeNumber({ least: 1, most: 10_000, fallback: 100 }),
  HEDDLE_DRAIN_MS: wholeNumber({ least: 0, most: 86_400_000, fallback: 10_000 }),
  HEDDLE_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
  HEDDLE_HEALTH_PORT: wholeNumber({ least: 0, most: 65_535, fallback: 0 }),
});

/**
 * Reads the environment; a variable set to nothing counts as not set.
 * Throws `ConfigurationError` that names every variable at fault, and shows no value that may be secret.
 */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== "");
  const parsed = environmentSchema.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
    throw new ConfigurationError(problems.join("\n"));
  }
  const variables = parsed.data;
  return {
    redisUrl: variables.REDIS_URL,
    namespace: variables.HEDDLE_NAMESPACE,
    prefix: variables.HEDDLE_PREFIX,
    activityModules: variables.HEDDLE_ACTIVITIES,
    queues: variables.HEDDLE_QUEUES,
    concurrency: variables.HEDDLE_CONCURRENCY,
    drainMs: variables.HEDDLE_DRAIN_MS,
    logLevel: variables.HEDDLE_LOG_LEVEL,
    healthPort: variables.HEDDLE_HEALTH_PORT === 0 ? undefined : variables.HEDDLE_HEALTH_PORT,
  };
}

function listed(text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ""))];
}

function wholeNumber({ least, most, fallback }: { least: number; most: number; fallback: number }) {
  const problem = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, problem)
    .transform(Number)
    .pipe(z.int().min(least, problem).max(most, problem))
    .default(fallback);
}

function holds(assertion: (value: unknown) => void): (value: unknown) => boolean {
  return (value) => {
    try {
      assertion(value);
      return true;
    } catch {
      return false;
    }
  };
}
