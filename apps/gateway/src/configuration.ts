import { assertNamespace, ConfigurationError } from "@heddle/protocol";
import { LOG_LEVELS, type LogLevel } from "@heddle/telemetry";
import { z } from "zod";
import { isLoopback } from "./loopback.js";

export interface Configuration {
  readonly redisUrl: string;
  readonly namespace: string;
  /** First part of every key; the store's own default without it. */
  readonly prefix: string | undefined;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly logLevel: LogLevel;
  /** From SIGTERM until requests still in flight are cut off. */
  readonly drainMs: number;
}

const environmentSchema = z
  .object({
    REDIS_URL: z
      .string("is not set; give the URL of a Redis, for example redis://127.0.0.1:6379")
      .regex(/^(rediss?|unix):\/\//, "must begin with redis://, rediss:// or unix://"),
    HEDDLE_NAMESPACE: z.string().default("default").superRefine(checkNamespace),
    HEDDLE_PREFIX: z.string().optional(),
    HEDDLE_HOST: z.string().default("127.0.0.1"),
    HEDDLE_PORT: wholeNumber({ most: 65_535, fallback: 8_080 }),
    HEDDLE_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
    HEDDLE_DRAIN_MS: wholeNumber({ most: 600_000, fallback: 10_000 }),
    HEDDLE_ALLOW_UNAUTHENTICATED: z.enum(["0", "1"], "must be 0 or 1").default("0"),
  })
  .superRefine((environment, context) => {
    if (environment.HEDDLE_ALLOW_UNAUTHENTICATED === "1" || isLoopback(environment.HEDDLE_HOST)) return;
    context.addIssue({
      code: "custom",
      path: ["HEDDLE_HOST"],
      message:
        `is ${JSON.stringify(environment.HEDDLE_HOST)}, which other machines can reach, and this gateway has no ` +
        `authentication yet: whoever reaches it can start, read and end every workflow. Bind it to 127.0.0.1, or put ` +
        `it behind something that authenticates and set HEDDLE_ALLOW_UNAUTHENTICATED=1`,
    });
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
    host: variables.HEDDLE_HOST,
    port: variables.HEDDLE_PORT,
    logLevel: variables.HEDDLE_LOG_LEVEL,
    drainMs: variables.HEDDLE_DRAIN_MS,
  };
}

function wholeNumber({ most, fallback }: { most: number; fallback: number }) {
  const problem = `must be a whole number from 0 to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, problem)
    .transform(Number)
    .pipe(z.int().max(most, problem))
    .default(fallback);
}

function checkNamespace(namespace: string, context: z.RefinementCtx): void {
  try {
    assertNamespace(namespace);
  } catch {
    context.addIssue({ code: "custom", message: 'must be 1 to 64 letters, digits, ".", "_" or "-"' });
  }
}
