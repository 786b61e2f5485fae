import { ConfigurationError } from "@heddle/protocol";
import { z } from "zod";
import { presentAt, type Delivery } from "../deliveries/deliver.js";
import { jsonPointer, parseSettings, startRule } from "../deliveries/settings.js";
import { JsonPointer } from "../json/json-pointer.js";
import { SIGNATURE_SCHEMES, type SignatureScheme } from "./signature-schemes.js";
import { readValue, valueAt, valueSource, type WebhookRequest } from "./value-source.js";

const schemes = Object.keys(SIGNATURE_SCHEMES) as (keyof typeof SIGNATURE_SCHEMES)[];

const webhookSettings = z.strictObject({
  scheme: z.enum(schemes, `must be one of ${schemes.join(", ")}`),
  /** Names, so that this file holds no secret. */
  secretVariables: z
    .array(z.string().regex(/^[A-Z_][A-Z0-9_]*$/, "must be the name of an environment variable, in capitals"))
    .min(1, "must name at least one environment variable with a secret"),
  when: z.array(valueSource(["pointer", "header"], { in: z.array(z.string()).min(1) })).default([]),
  // No header, because most schemes sign none: who repeats a delivery must not choose another workflow.
  workflowId: valueSource(["pointer", "value"], {}),
  signal: valueSource(["pointer", "header", "value"], {}),
  payload: jsonPointer.default(new JsonPointer("")),
  eventId: valueSource(["pointer", "header", "digest"], {}).optional(),
  start: startRule.optional(),
});

const file = z.record(
  z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"'),
  webhookSettings,
);

export interface Webhook extends Omit<z.output<typeof webhookSettings>, "scheme" | "secretVariables"> {
  readonly name: string;
  readonly scheme: SignatureScheme;
  /** A signature by any of them is good. */
  readonly keys: readonly Buffer[];
}

/** By name, which is the last part of the path. */
export type Webhooks = ReadonlyMap<string, Webhook>;

/**
 * The webhooks that a file in JSON describes. `secretOf` gives the value of an environment variable, undefined when it
 * is not set. Throws `ConfigurationError` that names the field or variable at fault and shows no secret.
 */
export function parseWebhooks(text: string, secretOf: (variable: string) => string | undefined): Webhooks {
  const entries = Object.entries(parseSettings(file, text)).map(([name, settings]): [string, Webhook] => {
    const { scheme: schemeName, secretVariables, ...rest } = settings;
    const scheme = SIGNATURE_SCHEMES[schemeName];
    const keys = secretVariables.map((variable) => {
      const key = scheme.keyOf(secretOf(variable) ?? "");
      if (key !== undefined) return key;
      throw new ConfigurationError(
        `names ${variable} for the webhook ${JSON.stringify(name)}; a secret of the scheme ${schemeName} ${scheme.secretForm}`,
        { details: { field: variable } },
      );
    });
    return [name, { ...rest, name, scheme, keys }];
  });
  return new Map(entries);
}

/** Undefined for a delivery that the configuration ignores. Throws `InvalidArgumentError` that names what is missing. */
export function deliveryOf(webhook: Webhook, request: WebhookRequest): Delivery | undefined {
  const isMeant = webhook.when.every((source) => source.in.includes(valueAt(source, request) ?? ""));
  if (!isMeant) return undefined;
  return {
    workflowId: readValue(webhook.workflowId, request, "workflow id"),
    signal: {
      name: readValue(webhook.signal, request, "signal name"),
      payload: presentAt(webhook.payload, request.body, "payload"),
      signalId: readValue(webhook.eventId ?? webhook.scheme.eventId, request, "event id"),
    },
    start: webhook.start,
    document: request.body,
  };
}
