import type { PlainJson } from "../json/plain-json.js";

/** One event of a stream. Without a name it only moves the place from which a reader would go on. */
export interface ServerSentEvent {
  readonly event?: string;
  /** Place behind it: what a reader that comes back sends as `Last-Event-ID`. */
  readonly id?: string | undefined;
  readonly data?: PlainJson;
}

/** As `text/event-stream` has it. JSON text has no line break of its own, so the data are one line. */
export function eventText({ event, id, data }: ServerSentEvent): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(event === undefined ? [] : [`event: ${event}`, `data: ${JSON.stringify(data ?? {})}`]),
  ];
  return `${lines.join("\n")}\n\n`;
}
