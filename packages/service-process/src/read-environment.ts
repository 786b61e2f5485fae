import { ConfigurationError } from "@heddle/protocol";
import type { z } from "zod";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment; a variable set to nothing counts as not set.
 * Throws `ConfigurationError` that names every variable at fault, one a line, and shows no value that may be secret.
 */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== "");
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
  throw new ConfigurationError(problems.join("\n"));
}
