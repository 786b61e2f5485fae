import { assertNamespace, type RedisConnectionOptions } from "@heddle/protocol";
import { LOG_LEVELS, type LogLevel } from "@heddle/telemetry";
import { z } from "zod";
import { readEnvironment, type Environment } from "./read-environment.js";
import { redisTls, redisTlsVariables, type RedisTls } from "./redis-tls.js";
import { holds } from "./variables.js";

export interface CommonConfiguration {
  readonly redisUrl: string;
  /** Beyond what `rediss://` alone says. */
  readonly redisTls?: RedisTls | undefined;
  readonly namespace: string;
  /** First part of every key; the store's own default without it. */
  readonly prefix: string | undefined;
  readonly logLevel: LogLevel;
  /** Module that exports the payload codec of the namespace: a package, or a path relative to the working directory. */
  readonly codecModule: string | undefined;
}

const name = z.string().refine(holds(assertNamespace), 'must be 1 to 64 letters, digits, ".", "_" or "-"');

/** Variables that every process has; spread them into the schema of one. */
export const commonVariables = {
  REDIS_URL: z
    .string("is not set; give the URL of a Redis, for example redis://127.0.0.1:6379")
    .regex(/^(rediss?|unix):\/\//, "must begin with redis://, rediss:// or unix://"),
  ...redisTlsVariables,
  HEDDLE_NAMESPACE: name.default("default"),
  HEDDLE_PREFIX: name.optional(),
  HEDDLE_CODEC: z.string().min(1, "is empty; name a module, or leave it out").optional(),
  HEDDLE_LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(", ")}`).default("info"),
};

type CommonVariables = z.output<z.ZodObject<typeof commonVariables>>;

export function commonConfiguration(variables: CommonVariables): CommonConfiguration {
  return {
    redisUrl: variables.REDIS_URL,
    redisTls: redisTls(variables),
    namespace: variables.HEDDLE_NAMESPACE,
    prefix: variables.HEDDLE_PREFIX,
    logLevel: variables.HEDDLE_LOG_LEVEL,
    codecModule: variables.HEDDLE_CODEC,
  };
}

/** The connection that the configuration names. */
export function redisConnection(
  configuration: Pick<CommonConfiguration, "redisUrl" | "redisTls">,
): RedisConnectionOptions {
  const { redisUrl: url, redisTls: tls } = configuration;
  return { url, ...(tls === undefined ? {} : { tls }) };
}

/** For a command that is told the URL: TLS as a process would have it by the same environment. */
export function redisConnectionTo(url: string, environment: Environment): RedisConnectionOptions {
  const variables = readEnvironment(z.object(redisTlsVariables), environment);
  return redisConnection({ redisUrl: url, redisTls: redisTls({ ...variables, REDIS_URL: url }) });
}
