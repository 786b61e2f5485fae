import { resolveRedisUrl } from "@heddle/embedded-redis";
import type { Command } from "commander";
import { wholeNumber } from "../options.js";
import { definitionsIn } from "./definitions-in.js";
import { type DevProcess, startDevProcess } from "./dev-process.js";

interface DevFlags {
  readonly port: number;
  readonly namespace: string;
  readonly redis?: string;
  readonly ephemeral?: true;
  readonly verbose?: true;
}

const STOP_WITHIN_MS = 20_000;

export function addDevCommand(program: Command): void {
  program
    .command("dev [modules...]")
    .description("everything on this machine: Redis, a coordinator, a worker and a gateway")
    .option("--port <number>", "of the gateway, on loopback; 0 takes a free one", wholeNumber, 8_080)
    .option("--namespace <name>", "tenant", "default")
    .option("--redis <url>", "instead of REDIS_URL, or of a Redis of its own")
    .option("--ephemeral", "throw its own Redis's data away at the end")
    .option("--verbose", "print all that the processes log, not only what is wrong")
    .addHelpText(
      "after",
      `
The modules are packages, or paths that begin with "." or "/", and export workflows, activities, or both. Without any it
runs the definitions that Conductor's API is given.

Example:
  heddle dev ./dist/orders.js`,
    )
    .action(dev);
}

async function dev(modules: readonly string[], flags: DevFlags): Promise<void> {
  // Listened to from the first moment, so that nothing is left behind by an early Ctrl-C.
  const asked = new Promise<void>((ask) => {
    process.once("SIGINT", () => ask());
    process.once("SIGTERM", () => ask());
  });
  const { workflows, activities } = await definitionsIn(modules, process.cwd());
  const redis = await resolveRedisUrl({
    announce: tell,
    ...(flags.redis === undefined ? {} : { url: flags.redis }),
    ...(flags.ephemeral === undefined ? {} : { ephemeral: true }),
  });
  const running: DevProcess[] = [];
  const start = async (app: string, env: Readonly<Record<string, string>>): Promise<DevProcess> => {
    const common = { REDIS_URL: redis.url, HEDDLE_NAMESPACE: flags.namespace, HEDDLE_CONDUCTOR: "1" };
    const started = await startDevProcess({
      app,
      env: { ...common, ...env },
      isVerbose: flags.verbose === true,
    });
    running.push(started);
    return started;
  };
  try {
    const modulesOf = { HEDDLE_WORKFLOWS: workflows.join(), HEDDLE_ACTIVITIES: activities.join() };
    const [gateway] = await Promise.all([
      start("gateway", { HEDDLE_PORT: String(flags.port), HEDDLE_HOST: "127.0.0.1", HEDDLE_DEV: "1" }),
      start("coordinator", modulesOf),
      start("worker", modulesOf),
    ]);
    const url = /"url":"([^"]+)"/.exec(gateway.readyLine)?.[1] ?? "";
    tell(`heddle dev ready at ${url}; Ctrl-C ends it`);
    const ended = await Promise.race([asked, ...running.map((each) => each.exited.then(() => each.app))]);
    if (ended !== undefined) {
      tell(`${ended} ended; the others are stopped`);
      process.exitCode = 1;
    }
  } finally {
    // First who accepts, then who works, then who decides.
    for (const app of ["gateway", "worker", "coordinator"]) {
      await Promise.all(running.filter((each) => each.app === app).map((each) => each.stop(STOP_WITHIN_MS)));
    }
    await redis.stop();
  }
}

function tell(message: string): void {
  process.stderr.write(`${message}\n`);
}
