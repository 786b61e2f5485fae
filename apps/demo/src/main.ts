// `npm run demo`: a durable approval on separate processes survives kill -9 of the coordinator that runs it.
import { randomBytes } from "node:crypto";
import { join, relative, resolve } from "node:path";
import { findFreePort, resolveRedisUrl } from "@heddle/embedded-redis";
import { tellApprovalStory } from "./approval-story.js";
import { Fleet } from "./fleet.js";
import { Story } from "./story.js";

const logFolder = resolve(".heddle", "demo");
const effectsFile = join(logFolder, "effects.jsonl");

const story = new Story();
process.exitCode = await demonstrate();

async function demonstrate(): Promise<number> {
  story.title("Heddle: a durable approval that survives kill -9");
  let fleet: Fleet | undefined;
  const redis = await resolveRedisUrl({
    ephemeral: true,
    announce: (message) => story.tell("Redis", message),
  }).catch(failed);
  if (redis === undefined) return 1;
  try {
    const source =
      redis.embedded === undefined ? "the one of REDIS_URL" : "its own, data thrown away at the end";
    story.tell("Redis", source);
    const options = {
      redisUrl: redis.url,
      // On a Redis of the user's, nothing else is touched.
      namespace: `demo-${randomBytes(4).toString("hex")}`,
      leaseTtlMs: 2_000,
      gatewayPort: await findFreePort(),
      logFolder,
      effectsFile,
      drainSeconds: 0,
    };
    fleet = await Fleet.start(options);
    story.tell("processes", `2 coordinators, 2 workers, 1 gateway on ${fleet.url}`);
    await tellApprovalStory(story, fleet, options);
    story.end(
      "green",
      `Done in ${story.seconds} s. One run, one signal, one charge, one result. Logs: ${shown(logFolder)}`,
    );
    return 0;
  } catch (error) {
    failed(error);
    for (const { name, lastLines } of fleet?.processes() ?? []) {
      console.log(`--- ${name}, last lines\n${lastLines.join("\n")}`);
    }
    return 1;
  } finally {
    await Promise.all((fleet?.processes() ?? []).map((each) => each.kill()));
    await redis.stop();
  }
}

function failed(error: unknown): undefined {
  story.end(
    "red",
    `Failed after ${story.seconds} s: ${error instanceof Error ? error.message : String(error)}`,
  );
}

function shown(path: string): string {
  return relative(process.cwd(), path);
}
