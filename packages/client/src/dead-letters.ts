import type { ErrorCode } from "@heddle/protocol";
import type { CallOptions } from "./call-options.js";
import { withParameters } from "./call-parameters.js";
import { apiPath } from "./http/path.js";
import type { ReplyBody } from "./http/reply-body.js";
import type { Transport } from "./http/transport.js";

/** A job of the ingestion queue that the gateway refused. */
export interface DeadLetter {
  readonly id: string;
  /** What the job was called. */
  readonly name: string;
  readonly jobId: string;
  /** Why it was refused, the last time. */
  readonly code: string;
  readonly message: string;
  readonly refusedAt: Date;
  readonly dataBytes: number;
}

export interface DeadLetterPage {
  /** Newest first. */
  readonly items: readonly DeadLetter[];
  readonly total: number;
  /** Continues behind the last item; absent on the last page. */
  readonly cursor?: string;
}

export interface DeadLetterPageOptions extends CallOptions {
  /** Items of a page, 1 to 500. Default 50. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** `absent`: it was redriven or deleted before, and nothing happened now. */
export interface RedrivenDeadLetter {
  readonly result: "redriven" | "absent";
  /** What was started or signalled. */
  readonly run: { readonly workflowId: string; readonly runId: string; readonly outcome: string } | undefined;
}

export interface RedriveOptions extends CallOptions {
  /** Only those refused with this error code. */
  readonly code?: ErrorCode | undefined;
  /** Only jobs of this name. */
  readonly name?: string | undefined;
}

/** What the ingestion queue brought and nobody could take; `HeddleClient.deadLetters`. */
export class DeadLetters {
  constructor(private readonly transport: Transport) {}

  async list({ signal, ...page }: DeadLetterPageOptions = {}): Promise<DeadLetterPage> {
    const path = withParameters(apiPath("dead-letters"), page);
    const { body } = await this.transport.send({ method: "GET", path, applies: "nothing", signal });
    const cursor = body.optionalText("cursor");
    return {
      items: body.list("items").map(letterFrom),
      total: body.whole("total"),
      ...(cursor === undefined ? {} : { cursor }),
    };
  }

  /** With the data of the job, as JSON text. Errors: `DeadLetterNotFoundError`. */
  async describe(id: string, { signal }: CallOptions = {}): Promise<DeadLetter & { readonly data: string }> {
    const path = apiPath("dead-letters", id);
    const { body } = await this.transport.send({ method: "GET", path, applies: "nothing", signal });
    return { ...letterFrom(body), data: body.text("data") };
  }

  /**
   * Accepts the job after all, under the ids that it had from the start: once, however often it is redriven. When it is
   * refused again, it stays, and this rejects with the reason.
   */
  async redrive(id: string, { signal }: CallOptions = {}): Promise<RedrivenDeadLetter> {
    const path = apiPath("dead-letters", id, "redrive");
    const details = { deadLetterId: id };
    const { body } = await this.transport.send({
      method: "POST",
      path,
      body: {},
      details,
      applies: "once",
      signal,
    });
    return { result: body.oneOf("result", ["redriven", "absent"]), run: runFrom(body) };
  }

  /**
   * Redrives all that match, the oldest first, page by page; those that are refused again stay. Of a page whose answer was lost the
   * redriven ones are not counted.
   */
  async redriveAll(
    options: RedriveOptions = {},
  ): Promise<{ readonly redriven: number; readonly refused: number }> {
    const { signal, ...filter } = options;
    const path = apiPath("dead-letters", "redrive");
    let redriven = 0;
    let refused = 0;
    for (let cursor: string | undefined; ;) {
      const body = { ...filter, cursor };
      const reply = await this.transport.send({ method: "POST", path, body, applies: "once", signal });
      const results = reply.body.list("items").map((item) => item.text("result"));
      redriven += results.filter((result) => result === "redriven").length;
      refused += results.filter((result) => result === "refused").length;
      cursor = reply.body.optionalText("cursor");
      if (cursor === undefined) return { redriven, refused };
    }
  }

  /** Forgets it; `absent` when there was none. */
  async delete(id: string, { signal }: CallOptions = {}): Promise<"deleted" | "absent"> {
    const path = apiPath("dead-letters", id);
    const details = { deadLetterId: id };
    const { body } = await this.transport.send({ method: "DELETE", path, details, applies: "once", signal });
    return body.oneOf("result", ["deleted", "absent"]);
  }
}

function letterFrom(body: ReplyBody): DeadLetter {
  return {
    id: body.text("id"),
    name: body.text("name"),
    jobId: body.text("jobId"),
    code: body.text("code"),
    message: body.text("message"),
    refusedAt: body.date("refusedAt"),
    dataBytes: body.whole("dataBytes"),
  };
}

function runFrom(body: ReplyBody): RedrivenDeadLetter["run"] {
  const run = body.optionalPart("run");
  return run && { workflowId: run.text("id"), runId: run.text("runId"), outcome: run.text("outcome") };
}
