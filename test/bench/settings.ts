import { parseArgs } from "node:util";
import type { BenchSettings } from "./section.js";

/** The command line of the benchmark, parsed. */
export interface Invocation {
  /** Sections in the order given; empty means all but the long ones. */
  readonly names: readonly string[];
  /** One per durability asked for: each section runs with each. */
  readonly settings: readonly BenchSettings[];
  readonly writesDocs: boolean;
  /** As a reader would type it. */
  readonly commandLine: string;
}

export const USAGE = `npm run bench -- [section …] [flags]
  --scale 1              factor on the number of items
  --durability everysec  everysec, always or both
  --repetitions 3        runs of each case; the median counts
  --only W1i/64          a workload, or a workload and how many in flight; may be repeated (throughput only)
  --write-docs           write docs/benchmarks.md, as a run of everything at full scale does anyway
  --help                 this text and the sections`;

/** `undefined` when the text above is asked for. Throws with a message for people. */
export function parseInvocation(args: readonly string[]): Invocation | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      scale: { type: "string", default: "1" },
      durability: { type: "string", default: "everysec" },
      repetitions: { type: "string", default: "3" },
      only: { type: "string", multiple: true },
      "write-docs": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const scale = Number(values.scale);
  if (!(scale > 0)) throw new Error(`--scale ${values.scale} is not a number above 0`);
  const repetitions = Number(values.repetitions);
  if (!Number.isInteger(repetitions) || repetitions < 1) {
    throw new Error(`--repetitions ${values.repetitions} is not a whole number above 0`);
  }
  const { only } = values;
  if (only !== undefined && values["write-docs"]) {
    throw new Error("--write-docs needs whole sections; leave --only out");
  }
  const common = { scale, repetitions, ...(only === undefined ? {} : { only }) };
  return {
    names: positionals,
    settings: durabilities(values.durability).map((durability) => ({ ...common, durability })),
    writesDocs: values["write-docs"] || (positionals.length === 0 && scale >= 1 && only === undefined),
    commandLine: ["npm run bench", ...(args.length === 0 ? [] : ["--", ...args])].join(" "),
  };
}

function durabilities(text: string): BenchSettings["durability"][] {
  switch (text) {
    case "everysec":
    case "always":
      return [text];
    case "both":
      return ["everysec", "always"];
    default:
      throw new Error(`--durability ${text} does not exist; use everysec, always or both`);
  }
}
