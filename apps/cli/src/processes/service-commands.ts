import { type Command, Option } from "commander";
import { wholeNumber } from "../options.js";

/** An option and the environment variable of the process that it sets. */
interface Setting {
  readonly flags: string;
  readonly description: string;
  readonly variable: string;
  readonly isNumber?: true;
}

const REDIS: readonly Setting[] = [
  { flags: "--redis <url>", description: "redis://, rediss:// or unix://", variable: "REDIS_URL" },
  { flags: "--namespace <name>", description: "tenant", variable: "HEDDLE_NAMESPACE" },
];

const SERVICES: Readonly<
  Record<"coordinator" | "worker" | "gateway", { about: string; settings: Setting[] }>
> = {
  coordinator: {
    about: "run workflows: own a share of the partitions",
    settings: [
      { flags: "--workflows <modules>", description: "that export workflows", variable: "HEDDLE_WORKFLOWS" },
      { flags: "--activities <modules>", description: "for their policies", variable: "HEDDLE_ACTIVITIES" },
    ],
  },
  worker: {
    about: "run activities",
    settings: [
      { flags: "--activities <modules>", description: "that export them", variable: "HEDDLE_ACTIVITIES" },
      { flags: "--queues <names>", description: "separated by commas", variable: "HEDDLE_QUEUES" },
      {
        flags: "--concurrency <number>",
        description: "attempts at once, per queue",
        variable: "HEDDLE_CONCURRENCY",
        isNumber: true,
      },
    ],
  },
  gateway: {
    about: "serve the HTTP API",
    settings: [
      { flags: "--host <address>", description: "to bind", variable: "HEDDLE_HOST" },
      {
        flags: "--port <number>",
        description: "0 takes a free one",
        variable: "HEDDLE_PORT",
        isNumber: true,
      },
    ],
  },
};

/** The deployed processes, by their name. All their settings are environment variables; the usual ones are options too. */
export function addServiceCommands(program: Command): void {
  for (const [name, { about, settings }] of Object.entries(SERVICES)) {
    const command = program.command(name).description(about);
    const all = [...REDIS, ...settings].map((setting) => ({ ...setting, option: optionOf(setting) }));
    for (const { option } of all) command.addOption(option);
    command.action(async (flags: Readonly<Record<string, string | number>>) => {
      for (const { option, variable } of all) {
        const value = flags[option.attributeName()];
        if (value !== undefined) process.env[variable] = String(value);
      }
      await import(entryOf(name));
    });
  }
}

function optionOf({ flags, description, variable, isNumber }: Setting): Option {
  const option = new Option(flags, `${description} (${variable})`);
  return isNumber === true ? option.argParser(wholeNumber) : option;
}

/** The app of that name: built, or from source when the command line itself runs from source. */
export function entryOf(app: string): string {
  const main = import.meta.url.endsWith(".ts") ? "src/main.ts" : "dist/main.js";
  return new URL(`../../../${app}/${main}`, import.meta.url).href;
}
