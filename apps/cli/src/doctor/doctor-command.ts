import { ConfigurationError } from "@heddle/protocol";
import { inspectNamespace } from "@heddle/redis-store";
import { redisConnectionTo } from "@heddle/service-process";
import { type Command, Option } from "commander";
import pico from "picocolors";
import { EXIT } from "../exit-codes.js";
import { print } from "../output.js";
import { type Finding, findingsOf } from "./findings.js";

// The library colours what CI pipes into its log too, where it hides words from whoever searches them.
const colors = process.stdout.isTTY ? pico : pico.createColors(false);
const SIGNS: Readonly<Record<Finding["state"], string>> = {
  ok: colors.green("ok   "),
  warn: colors.yellow("warn "),
  fault: colors.red("fault"),
  unknown: colors.yellow("?    "),
};

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description(
      "check Redis and a namespace: settings, clock, owners, work that nobody does; changes nothing",
    )
    .addOption(new Option("--redis <url>", "redis://, rediss:// or unix://").env("REDIS_URL"))
    .addOption(new Option("--namespace <name>", "tenant").env("HEDDLE_NAMESPACE").default("default"))
    .addOption(new Option("--prefix <prefix>", "first part of every key").env("HEDDLE_PREFIX"))
    .addHelpText("after", "\nExample:\n  heddle doctor --redis redis://127.0.0.1:6379")
    .action(async (flags: { redis?: string; namespace: string; prefix?: string }, command: Command) => {
      const { redis, namespace, prefix } = flags;
      if (redis === undefined) throw new ConfigurationError("give --redis or set REDIS_URL");
      const connection = redisConnectionTo(redis, process.env);
      const seen = await inspectNamespace({ connection, namespace, prefix });
      const findings = findingsOf(seen);
      const text = findings.map(({ check, state, message }) => `${SIGNS[state]}  ${check}: ${message}`);
      print(command, { json: { findings, ...seen }, text: text.join("\n") });
      if (findings.some(({ state }) => state === "fault")) process.exitCode = EXIT.refused;
    });
}
