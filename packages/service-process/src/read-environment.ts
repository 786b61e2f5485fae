import { readFileSync } from "node:fs";
import { ConfigurationError } from "@heddle/protocol";
import type { z } from "zod";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables with a secret in them: each may be given as `<NAME>_FILE`, the path of a file that holds it. */
const SECRETS = ["REDIS_URL", "HEDDLE_ADMIN_KEY", "HEDDLE_KAFKA_SASL_PASSWORD"];

/**
 * Reads the environment; a variable set to nothing counts as not set, and secrets may come from files.
 * Throws `ConfigurationError` that names every variable at fault, one a line, and shows no value that may be secret.
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  const set = Object.entries(environment).filter(([, value]) => value !== undefined && value !== "");
  const parsed = schema.safeParse(withSecretFiles(Object.fromEntries(set)));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
  throw new ConfigurationError(problems.join("\n"));
}

function withSecretFiles(given: Environment): Environment {
  const secrets = SECRETS.map((name) => [name, secretOf(given, name)] as const);
  return { ...given, ...Object.fromEntries(secrets.filter(([, secret]) => secret !== undefined)) };
}

/**
 * The value of a variable with a secret, or the content of the file that `<NAME>_FILE` names; undefined when neither is
 * set. Throws `ConfigurationError` when both are, and for a file that is empty or cannot be read.
 */
export function secretOf(environment: Environment, name: string): string | undefined {
  const [value, path] = [environment[name] || undefined, environment[`${name}_FILE`] || undefined];
  if (path === undefined) return value;
  if (value !== undefined) throw new ConfigurationError(`${name} excludes ${name}_FILE; set one of them`);
  // Without the line break at its end, which editors and `echo` leave.
  return contentOf(`${name}_FILE`, path).replace(/\r?\n$/, "");
}

/** The text of a file that a variable names. Throws `ConfigurationError` when it is empty or cannot be read. */
export function contentOf(variable: string, path: string): string {
  try {
    const content = readFileSync(path, "utf8");
    if (content.trim() !== "") return content;
  } catch (cause) {
    throw new ConfigurationError(`${variable} is ${JSON.stringify(path)}, which cannot be read`, { cause });
  }
  throw new ConfigurationError(`${variable} is ${JSON.stringify(path)}, which is empty`);
}
