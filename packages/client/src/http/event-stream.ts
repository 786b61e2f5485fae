/** One event as the server sent it. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** Place behind it; the last one that was told, if it has none of its own. */
  readonly id: string | undefined;
}

/**
 * Events of a `text/event-stream` body, as the HTML standard reads it. An event that the connection broke off is dropped.
 * `onBytes` is called for whatever arrives, heartbeats too; `onId` for each place, also one without an event.
 */
export async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  { onBytes, onId }: { onBytes: () => void; onId: (id: string) => void },
): AsyncGenerator<ServerEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let event = "";
  let data: string[] = [];
  let id: string | undefined;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      text += decoder.decode(value, { stream: true });
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      text = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (id !== undefined) onId(id);
          if (data.length > 0) yield { event: event === "" ? "message" : event, data: data.join("\n"), id };
          event = "";
          data = [];
        } else {
          const [field, ...rest] = line.split(":");
          const fieldText = rest.join(":").replace(/^ /, "");
          if (field === "event") event = fieldText;
          else if (field === "data") data.push(fieldText);
          else if (field === "id" && !fieldText.includes("\0")) id = fieldText;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
