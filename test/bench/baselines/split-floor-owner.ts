// The owner of the split floor: reads the inbox and commits what it finds, with nothing but the calls it needs.
import { Redis } from "ioredis";
import { answerUsage } from "../usage/answer-usage.js";
import { ScriptBatch } from "./script-batch.js";
import { CLOSED_CHANNEL, headerKey, historyKey, INBOX, INDEX } from "./split-floor-keys.js";

const STEPS = 3;
const PAGE_SIZE = 500;
const { REDIS_URL: url = "" } = process.env;
const reader = new Redis(url);
const scripts = await ScriptBatch.open(url, ["split-commit", "split-acknowledge"]);

interface Step {
  readonly id: string;
  readonly data: string;
  readonly status: "running" | "completed";
  /** Given with the last step: what leaves the inbox. */
  readonly entry?: string;
}

async function commit({ id, data, status, entry }: Step): Promise<void> {
  const reply = await scripts.run(
    "split-commit",
    [headerKey(id), historyKey(id), INBOX, INDEX],
    [id, data, String(Date.now()), status, entry ?? "", entry === undefined ? "" : CLOSED_CHANNEL],
  );
  if (String(reply) !== "committed") throw new Error(`the step of ${id} was refused: ${String(reply)}`);
}

async function advance(entry: string, kind: string, id: string, data: string): Promise<void> {
  if (kind === "signal") {
    await commit({ id, data, status: "completed" });
    await scripts.run("split-acknowledge", [INBOX], [id, entry, CLOSED_CHANNEL]);
    return;
  }
  for (let step = 1; step < STEPS; step++) await commit({ id, data, status: "running" });
  await commit({ id, data, status: "completed", entry });
}

answerUsage();
console.log("ready");
for (let last = "0"; ;) {
  const pages = await reader.xread("COUNT", PAGE_SIZE, "BLOCK", 0, "STREAMS", INBOX, last);
  for (const [entry, [, kind = "", , id = "", , data = ""]] of pages?.[0]?.[1] ?? []) {
    last = entry;
    // A refusal rejects, which ends this process: the bench is told by its end.
    void advance(entry, kind, id, data);
  }
}
