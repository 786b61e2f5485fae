import { z } from "zod";
import type { Delivery } from "../deliveries/deliver.js";
import { parseSettings, signalName, startRule } from "../deliveries/settings.js";
import { type CloudEvent, eventKey } from "./cloud-event.js";

const eventRule = z.strictObject({
  signal: signalName.optional(),
  workflowIdPrefix: z.string().optional(),
  start: startRule.optional(),
});

/** By the type of the event. */
export type EventRules = ReadonlyMap<string, z.output<typeof eventRule>>;

/** What a file in JSON says about types of events. Throws `ConfigurationError` that names the field at fault. */
export function parseEventRules(text: string): EventRules {
  return new Map(Object.entries(parseSettings(z.record(z.string(), eventRule), text)));
}

export function deliveryOf(event: CloudEvent, rules: EventRules): Delivery {
  const { type, subject, data, heddleworkflowtype } = event;
  const { signal = type, workflowIdPrefix = "", start } = rules.get(type) ?? {};
  return {
    workflowId: `${workflowIdPrefix}${subject}`,
    signal: { name: signal, payload: data, signalId: eventKey(event) },
    start: heddleworkflowtype === undefined ? start : { ...start, type: heddleworkflowtype },
    document: data,
  };
}
