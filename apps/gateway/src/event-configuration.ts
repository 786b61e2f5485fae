import { parseEventRules, parseWebhooks, type EventRules, type Webhooks } from "@heddle/gateway";
import { ConfigurationError } from "@heddle/protocol";
import { contentOf, secretOf, type Environment } from "@heddle/service-process";
import { z } from "zod";

export interface EventConfiguration {
  readonly webhooks: Webhooks | undefined;
  readonly eventRules: EventRules | undefined;
}

/** Variables about what other systems send. */
export const eventVariables = {
  HEDDLE_WEBHOOKS_FILE: z.string().optional(),
  HEDDLE_CLOUD_EVENTS_FILE: z.string().optional(),
};

/** Throws `ConfigurationError` that names the variable, the file and what in it is at fault. */
export function eventConfiguration(
  files: z.output<z.ZodObject<typeof eventVariables>>,
  environment: Environment,
): EventConfiguration {
  const webhooksOf = (text: string): Webhooks => parseWebhooks(text, (name) => secretOf(environment, name));
  return {
    webhooks: parseFile("HEDDLE_WEBHOOKS_FILE", files.HEDDLE_WEBHOOKS_FILE, webhooksOf),
    eventRules: parseFile("HEDDLE_CLOUD_EVENTS_FILE", files.HEDDLE_CLOUD_EVENTS_FILE, parseEventRules),
  };
}

function parseFile<Parsed>(
  variable: string,
  path: string | undefined,
  parse: (text: string) => Parsed,
): Parsed | undefined {
  if (path === undefined) return undefined;
  const text = contentOf(variable, path);
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause;
    const problem = `${variable} is ${JSON.stringify(path)}: ${cause.message}`;
    throw new ConfigurationError(problem, { cause, details: { ...cause.details, field: variable } });
  }
}
