// Variables about Conductor's definitions that more than one process has.
import { ConfigurationError } from "@heddle/protocol";
import { z } from "zod";
import { secretOf, type Environment } from "./read-environment.js";
import { commaSeparated, wholeNumber } from "./variables.js";

const list = () => z.string().default("").transform(commaSeparated);

/** Unset is on; `1` says besides that a process may do nothing else. */
export const conductorVariables = {
  HEDDLE_CONDUCTOR: z.enum(["0", "1"], "must be 0 or 1").optional(),
};

/** Where system tasks may go: the gateway refuses definitions by them, and workers obey them. */
export const egressVariables = {
  HEDDLE_EGRESS_HOSTS: list(),
  HEDDLE_EGRESS_NETWORKS: list(),
  HEDDLE_EGRESS_PORTS: list().refine(
    (ports) => ports.every((port) => /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535),
    "must be a list of ports from 1 to 65535",
  ),
};

export interface Egress {
  readonly allowedHosts: readonly string[];
  readonly allowedNetworks: readonly string[];
  /** Absent: those that are allowed anyway. */
  readonly allowedPorts?: readonly number[];
}

export function egressOf(variables: z.output<z.ZodObject<typeof egressVariables>>): Egress {
  const ports = variables.HEDDLE_EGRESS_PORTS.map(Number);
  return {
    allowedHosts: variables.HEDDLE_EGRESS_HOSTS,
    allowedNetworks: variables.HEDDLE_EGRESS_NETWORKS,
    ...(ports.length === 0 ? {} : { allowedPorts: ports }),
  };
}

/** Variables of the process itself that expressions may read, by name. */
export const expressionVariables = { HEDDLE_EXPRESSION_VARIABLES: list() };

/** Throws `ConfigurationError` for one that is named and not set. */
export function expressionEnvironment(
  { HEDDLE_EXPRESSION_VARIABLES: names }: z.output<z.ZodObject<typeof expressionVariables>>,
  environment: Environment,
): Readonly<Record<string, string>> {
  const missing = names.filter((name) => environment[name] === undefined);
  if (missing.length > 0) {
    throw new ConfigurationError(
      `HEDDLE_EXPRESSION_VARIABLES names ${missing.join(", ")}, which is not set; set it, or leave it out of the list`,
    );
  }
  return Object.fromEntries(names.map((name) => [name, environment[name] ?? ""]));
}

/** What system tasks of a worker may do, and with what. */
export const systemTaskVariables = {
  ...egressVariables,
  ...expressionVariables,
  HEDDLE_EGRESS_PROXY: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
  HEDDLE_HTTP_REDIRECTS: wholeNumber({ least: 0, most: 3, fallback: 0 }),
  HEDDLE_SCRIPT_DEADLINE_MS: wholeNumber({ least: 1, most: 60_000, fallback: 4_000 }),
  HEDDLE_SCRIPT_MEMORY_MB: wholeNumber({ least: 1, most: 1_024, fallback: 32 }),
  HEDDLE_KAFKA_BROKERS: list(),
  HEDDLE_KAFKA_TLS: z.enum(["0", "1"], "must be 0 or 1").optional(),
  HEDDLE_KAFKA_SASL_MECHANISM: z
    .enum(["plain", "scram-sha-256", "scram-sha-512"], "must be plain, scram-sha-256 or scram-sha-512")
    .optional(),
  HEDDLE_KAFKA_SASL_USERNAME: z.string().optional(),
  HEDDLE_KAFKA_SASL_PASSWORD: z.string().optional(),
};

/** As `createSystemTasks` takes them, and the variables of executions that event handlers start. */
export function systemTaskConfiguration(
  variables: z.output<z.ZodObject<typeof systemTaskVariables>>,
  environment: Environment,
) {
  const egress = egressOf(variables);
  const { allowedHosts, allowedNetworks } = egress;
  const { HEDDLE_EGRESS_PROXY: proxyUrl, HEDDLE_KAFKA_BROKERS: brokers } = variables;
  return {
    http: {
      ...egress,
      ...(proxyUrl === undefined ? {} : { proxyUrl }),
      maxRedirects: variables.HEDDLE_HTTP_REDIRECTS,
    },
    sandbox: {
      deadlineMs: variables.HEDDLE_SCRIPT_DEADLINE_MS,
      memoryBytes: variables.HEDDLE_SCRIPT_MEMORY_MB * 1024 * 1024,
    },
    // Ports of brokers are their own; a host may be allowed with its port.
    kafka: {
      ...{ allowedHosts, allowedNetworks },
      ...(brokers.length === 0 ? {} : { brokers }),
      ...(variables.HEDDLE_KAFKA_TLS === "1" ? { ssl: true as const } : {}),
      ...saslOf(variables),
    },
    secrets: secretsIn(environment),
    environment: expressionEnvironment(variables, environment),
  };
}

function saslOf(variables: z.output<z.ZodObject<typeof systemTaskVariables>>) {
  const {
    HEDDLE_KAFKA_SASL_MECHANISM: mechanism,
    HEDDLE_KAFKA_SASL_USERNAME: username,
    HEDDLE_KAFKA_SASL_PASSWORD: password,
  } = variables;
  if (mechanism === undefined) return {};
  if (username === undefined || password === undefined) {
    throw new ConfigurationError(
      "HEDDLE_KAFKA_SASL_MECHANISM is set without HEDDLE_KAFKA_SASL_USERNAME and HEDDLE_KAFKA_SASL_PASSWORD; set all three",
    );
  }
  return { sasl: { mechanism, username, password } };
}

const SECRET_PREFIX = "HEDDLE_SECRET_";

/** `${workflow.secrets.NAME}` is the variable `HEDDLE_SECRET_NAME`, or the content of the file `HEDDLE_SECRET_NAME_FILE`. */
export function secretsIn(environment: Environment): Readonly<Record<string, string>> {
  const names = Object.keys(environment)
    .filter((name) => name.startsWith(SECRET_PREFIX))
    .map((name) => name.slice(SECRET_PREFIX.length).replace(/_FILE$/, ""))
    .filter((name) => name !== "");
  const secrets = [...new Set(names)].map(
    (name) => [name, secretOf(environment, `${SECRET_PREFIX}${name}`)] as const,
  );
  return Object.fromEntries(secrets.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
