// CloudEvents 1.0 (https://github.com/cloudevents/spec): attributes and data of one event, whatever the mode that carried it.
import { createHash } from "node:crypto";
import { InvalidArgumentError, MAX_SIGNAL_ID_BYTES } from "@heddle/protocol";
import { z } from "zod";

const text = z.string("must be a text").min(1, "must not be empty");
// A blank in it would be none of a URI, and stands between source and id in our name for the event.
const source = text.regex(/^\S+$/, "must be a URI or a part of one, without blanks");
const attribute = z.union(
  [z.string(), z.boolean(), z.int()],
  "must be a text, a whole number, true or false",
);

const cloudEvent = z
  .object({
    specversion: z.literal("1.0", "must be 1.0"),
    id: text,
    source,
    type: text,
    subject: text,
    time: z.iso.datetime({ offset: true, error: "must be a time by RFC 3339" }).optional(),
    datacontenttype: text.optional(),
    dataschema: text.optional(),
    heddleworkflowtype: text.optional(),
    data: z.unknown().optional(),
    data_base64: z.base64("must be base64").optional(),
  })
  // Extensions of others are allowed, and have no meaning here.
  .catchall(attribute);

export interface CloudEvent extends Pick<z.output<typeof cloudEvent>, "id" | "source" | "type" | "subject"> {
  readonly heddleworkflowtype?: string | undefined;
  readonly data?: unknown;
}

/** For the document of the API. */
export const cloudEventSchema = z.toJSONSchema(cloudEvent, { io: "input" });

/** Throws `InvalidArgumentError` that names the attribute at fault. */
export function readCloudEvent(given: unknown): CloudEvent {
  const parsed = cloudEvent.safeParse(withoutUnset(given));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused(issue?.path.join(".") ?? "", issue?.message ?? "is refused");
  }
  const { data_base64: base64, ...event } = parsed.data;
  for (const name of Object.keys(event)) {
    if (!/^[a-z0-9]+$/.test(name))
      throw refused(name, "is no name of an attribute: lower-case letters and digits");
  }
  if (base64 === undefined) return event;
  if ("data" in event) throw refused("data_base64", "excludes data");
  return { ...event, data: new Uint8Array(Buffer.from(base64, "base64")) };
}

/** Names the event: by the specification, what has the same source and id is the same event. */
export function eventKey({ source, id }: CloudEvent): string {
  const key = `${source} ${id}`;
  if (Buffer.byteLength(key) <= MAX_SIGNAL_ID_BYTES) return key;
  // Without a blank, so it is nobody's short key.
  return `sha256:${createHash("sha256").update(key).digest("base64url")}`;
}

/** In JSON an attribute that is null counts as absent; data that is null does not. */
function withoutUnset(given: unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new InvalidArgumentError("an event must be a JSON object");
  }
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== null || name === "data"),
  );
}

function refused(name: string, problem: string): InvalidArgumentError {
  return new InvalidArgumentError(`the event is refused: its attribute ${JSON.stringify(name)} ${problem}`, {
    details: { field: name },
  });
}
