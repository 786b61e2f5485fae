import { get, type IncomingMessage } from "node:http";

interface StreamedEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly id: string | undefined;
}

export interface OpenStream {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** All that came so far. */
  readonly events: readonly StreamedEvent[];
  /** Everything as it came. */
  readonly text: () => string;
  readonly ended: Promise<void>;
  /** Takes nothing off the socket. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Reads server-sent events over a socket of its own, with nothing of the client package. */
export function openStream(url: string, headers: Readonly<Record<string, string>> = {}): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (reply) => {
      let text = "";
      const events: StreamedEvent[] = [];
      let taken = 0;
      const ended = new Promise<void>((end) => reply.once("close", end));
      reply.setEncoding("utf8");
      reply.on("data", (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf("\n\n", taken); end !== -1; end = text.indexOf("\n\n", taken)) {
          const fields = text.slice(taken, end).split("\n");
          taken = end + 2;
          const field = (name: string) =>
            fields.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
          const event = field("event");
          if (event === undefined) continue;
          const data = JSON.parse(field("data") ?? "") as StreamedEvent["data"];
          events.push({ event, data, id: field("id") });
        }
      });
      reply.on("error", () => undefined); // told by `ended`
      resolve({
        status: reply.statusCode ?? 0,
        headers: reply.headers,
        events,
        text: () => text,
        ended,
        pause: () => void reply.pause(),
        resume: () => void reply.resume(),
        close: () => void request.destroy(),
      });
    });
    request.on("error", reject);
  });
}
