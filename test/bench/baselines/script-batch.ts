import { readFileSync } from "node:fs";
import { Redis } from "ioredis";

interface Call {
  readonly sha: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  resolve(reply: unknown): void;
  reject(error: Error): void;
}

/** Runs scripts over a connection of its own, those of one turn of the event loop in one pipeline, as the system does. */
export class ScriptBatch<Name extends string> {
  private waiting: Call[] = [];

  private constructor(
    private readonly client: Redis,
    private readonly shas: Readonly<Record<Name, string>>,
  ) {}

  /** The scripts are files of this folder: `split-commit` is `split-commit.lua`. */
  static async open<Name extends string>(url: string, names: readonly Name[]): Promise<ScriptBatch<Name>> {
    const client = new Redis(url);
    const shas = {} as Record<Name, string>;
    for (const name of names) {
      const source = readFileSync(new URL(`./${name}.lua`, import.meta.url), "utf8");
      shas[name] = String(await client.script("LOAD", source));
    }
    return new ScriptBatch(client, shas);
  }

  run(name: Name, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ sha: this.shas[name], keys, args, resolve, reject });
      if (this.waiting.length === 1) setImmediate(() => void this.flush());
    });
  }

  close(): void {
    this.client.disconnect();
  }

  private async flush(): Promise<void> {
    const calls = this.waiting;
    this.waiting = [];
    try {
      const pipeline = this.client.pipeline();
      for (const { sha, keys, args } of calls) pipeline.evalsha(sha, keys.length, ...keys, ...args);
      const replies = (await pipeline.exec()) ?? [];
      for (const [index, call] of calls.entries()) {
        const [error, reply] = replies[index] ?? [new Error("no reply"), null];
        if (error === null) call.resolve(reply);
        else call.reject(error);
      }
    } catch (error) {
      for (const { reject } of calls) reject(error as Error);
    }
  }
}
