import { ShutDownError } from "@heddle/protocol";
import { Pipeline } from "ioredis";
import { isCluster, type RedisClient } from "./connection.js";
import { explainFailure, outcomeUnknown } from "./redis-failure.js";
import { ScriptCommand } from "./script-command.js";
import { type Script, type ScriptArgument, ScriptReply } from "./script.js";

interface Call {
  readonly script: Script<unknown>;
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
  resolve(reply: unknown): void;
  reject(error: Error): void;
}

export type SentScript = Pick<Script<unknown>, "body" | "sha">;

/**
 * Runs scripts over one connection. Calls of one event-loop turn travel in one pipeline, because the cost of a
 * call is mostly the system call around it; each is answered as soon as its own reply is in, so that the callers go on
 * while the server works on the rest. Every script is safe to repeat, so a command that ioredis sends again after a
 * reconnect does no harm.
 */
export class ScriptRunner {
  private waiting: Call[] = [];
  private closed = false;
  /** How often the connection became ready; a call that saw none of them was never sent. */
  private readyCount = 0;

  constructor(
    private readonly client: RedisClient,
    private readonly timeoutMs: number,
    /** What is sent in place of a script. */
    private readonly variantOf: (script: Script<unknown>) => SentScript = (script) => script,
  ) {
    client.on("ready", () => this.readyCount++);
  }

  /** Keys of one call must share a slot. Rejects as `AcceptingStore` says. */
  async run<Reply>(
    script: Script<Reply>,
    keys: readonly string[],
    args: readonly ScriptArgument[] = [],
  ): Promise<Reply> {
    if (this.closed) throw new ShutDownError("the store is closed; nothing was sent");
    const reply = await new Promise<unknown>((resolve, reject) => {
      this.waiting.push({ script, keys, args, resolve, reject });
      if (this.waiting.length === 1) setImmediate(() => this.flush());
    });
    return script.parse(new ScriptReply(reply, script.name));
  }

  close(): void {
    this.closed = true;
  }

  private flush(): void {
    const calls = this.waiting;
    this.waiting = [];
    for (const group of isCluster(this.client) ? bySlotTag(calls) : [calls]) void this.send(group);
  }

  private async send(calls: readonly Call[]): Promise<void> {
    const readyAtStart = isWritable(this.client);
    const readyCount = this.readyCount;
    const mayBeSent = (): boolean => readyAtStart || this.readyCount !== readyCount;
    // ioredis sends what a broken connection left unanswered again on the next one. A refusal of that copy says nothing of
    // the first.
    const isCopy = (): boolean => this.readyCount - readyCount > (readyAtStart ? 0 : 1);
    const explain = (error: Error): Error =>
      isCopy()
        ? outcomeUnknown("the connection was lost, and a repetition was refused", error)
        : explainFailure(error, mayBeSent());
    const timer = setTimeout(() => {
      // Also when it is still queued here: it may go out as soon as the connection is back.
      for (const call of calls) call.reject(outcomeUnknown("no answer in time"));
    }, this.timeoutMs);
    try {
      const pipeline = new Pipeline(this.client);
      for (const call of calls) {
        const { script, keys, args } = call;
        const command = new ScriptCommand(this.variantOf(script).sha, keys, args, (error, reply) => {
          if (!error) call.resolve(reply);
        });
        pipeline.sendCommand(command);
      }
      const replies = (await pipeline.exec()) ?? [];
      const forgotten: Promise<void>[] = [];
      for (const [index, call] of calls.entries()) {
        const [error, reply] = replies[index] ?? [new Error("no reply"), null];
        if (error === null) call.resolve(reply);
        else if (error.message.startsWith("NOSCRIPT")) forgotten.push(this.sendWithBody(call));
        else call.reject(explain(error));
      }
      // Awaited, so that the time limit holds for them too.
      await Promise.all(forgotten);
    } catch (error) {
      for (const call of calls) call.reject(explain(error as Error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** After a restart or a failover the server has forgotten the script; EVAL teaches it again. */
  private async sendWithBody(call: Call): Promise<void> {
    try {
      const { script, keys, args } = call;
      call.resolve(
        await this.client.callBuffer(
          "EVAL",
          this.variantOf(script).body,
          keys.length,
          ...keys,
          ...(args as (string | Buffer)[]),
        ),
      );
    } catch (error) {
      call.reject(explainFailure(error as Error, true));
    }
  }
}

/** Whether a command goes out at once. A connection that is being given up still counts as ready, but takes nothing. */
function isWritable(client: RedisClient): boolean {
  return client.status === "ready" && (isCluster(client) || client.stream.writable);
}

/** A pipeline to a cluster must stay within one node, so calls are grouped by hash tag. */
function bySlotTag(calls: readonly Call[]): Call[][] {
  const groups = new Map<string, Call[]>();
  for (const call of calls) {
    const tag = call.keys[0]?.split("}")[0] ?? "";
    const group = groups.get(tag);
    if (group === undefined) groups.set(tag, [call]);
    else group.push(call);
  }
  return [...groups.values()];
}
