import type { Contender } from "../contender.js";
import { ScriptBatch } from "./script-batch.js";

const KEY_TAG = "{bare}";
const RECORDED_STEP = "x".repeat(60);

/** No engine and no other process: the client itself makes `calls` transitions, one after the other. */
export async function bareFloor(url: string, calls: number): Promise<Contender> {
  const scripts = await ScriptBatch.open(url, ["bare-transition"]);
  return {
    name: `bare floor: ${calls} Lua call${calls === 1 ? "" : "s"}`,
    processes: [],
    run: async (id) => {
      const keys = [
        `${KEY_TAG}:workflow:${id}`,
        `${KEY_TAG}:history:${id}`,
        `${KEY_TAG}:inbox`,
        `${KEY_TAG}:index`,
      ];
      for (let call = 0; call < calls; call++) {
        await scripts.run("bare-transition", keys, [id, RECORDED_STEP, String(Date.now())]);
      }
    },
    stop: async () => scripts.close(),
  };
}
