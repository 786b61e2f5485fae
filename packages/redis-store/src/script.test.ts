import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import "./redis-store.js";
import { definedScripts, ScriptReply, type Script } from "./script.js";

const folder = new URL(".", import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  // It is no script but stands in front of one.
  .filter((path) => path.endsWith(".lua") && !path.endsWith("virtual-redis.lua"))
  .map((path) => path.replaceAll("\\", "/"));
const read = (path: string): string => readFileSync(new URL(path, folder), "utf8");
const nameOf = (path: string): string => path.replace(/^.*\//, "").replace(/\.lua$/, "");

const includes = files.filter((path) => path.startsWith("includes/"));
const sources = new Map(
  files.filter((path) => !includes.includes(path)).map((path) => [nameOf(path), read(path)]),
);
const scripts: readonly (readonly [string, Script<unknown>])[] = definedScripts.map((each) => [
  each.name,
  each,
]);

/** Names in one section of a header: a name begins where the section's first does, its continuation further right. */
function headerNames(source: string, section: "KEYS" | "ARGV"): string[] {
  const lines = source.split("\n").filter((line) => line.startsWith("--"));
  const first = lines.findIndex((line) => line.startsWith(`-- ${section}  `));
  const rest = lines.slice(first + 1);
  const end = rest.findIndex((line) => !line.startsWith("--       "));
  const names = [lines[first] ?? "", ...rest.slice(0, end)]
    .map((line) => line.slice("-- KEYS  ".length))
    .filter((line) => /^\S/.test(line))
    .map((line) => line.split(" ")[0] ?? "");
  return names.filter((name) => name !== "none");
}

function documentedTags(source: string): string[] {
  const header = source.split("\n\n")[0] ?? "";
  const reply = /-- Reply ([^]*?)(?=\n-- [A-Z]|$)/.exec(header)?.[1] ?? "";
  const alternatives =
    reply
      .split(/\n--\s+turns:/)[0]
      ?.replaceAll(/\n--\s+/g, " ")
      .replaceAll(/\([^)]*\)/g, "") ?? "";
  return alternatives.split("|").map((each) => each.trim().split(" ")[0] ?? "");
}

describe.each(scripts)("%s", (name, script) => {
  const source = sources.get(name) ?? "";

  test("names in its header what its descriptor names", () => {
    expect(headerNames(source, "KEYS")).toEqual(script.keys);
    expect(headerNames(source, "ARGV")).toEqual(script.args);
  });

  test("answers with the tags of its header, and with no other", () => {
    const tags = documentedTags(source);
    for (const [, tag] of source.matchAll(/return \{ "([a-z-]+)"/g)) {
      if (!/-- +turns: .*\{/.test(source)) expect(tags).toContain(tag);
    }
    for (const tag of tags) expect(script.body).toContain(`"${tag}"`);
  });

  test("refuses a tag it does not know", () => {
    const reply = ["unheard-of", "1", "2", "3", "4", "5", "6", "7"].map((text) => Buffer.from(text));
    const parse = (): unknown => {
      const parsed = script.parse(new ScriptReply(reply, name));
      return typeof parsed === "function" ? (parsed as (extra: unknown) => unknown)({}) : parsed;
    };
    expect(parse).toThrow(TypeError);
  });

  test("has its includes resolved, each once", () => {
    expect(script.body).not.toContain("@include");
    const definitions = [...script.body.matchAll(/^local (?:function )?(\w+)(?: =|\()/gm)].map(
      ([, each]) => each,
    );
    expect(definitions).toEqual([...new Set(definitions)]);
  });

  test("declares itself to Redis, so that a key of another slot is refused", () => {
    expect(script.body).toMatch(/^#!lua( flags=(allow-oom|no-writes))?\n/);
  });

  test("makes no key of its own", () => {
    for (const [call, command, argument] of script.body.matchAll(
      /redis\.call\("([A-Z]+)"(?:, "STREAM")?(?:, ([^,)]+))?/g,
    )) {
      if (command === "TIME" || command === "PUBLISH") continue;
      expect(argument, call).toMatch(/^(KEYS\[index\]|next_key\(|[a-zA-Z]+(\.[a-zA-Z]+)?)$/);
    }
  });

  test("formats numbers itself, because Lua would write large ones with an exponent", () => {
    expect(script.body).not.toMatch(/tostring\(/);
  });
});

test("every Lua file has one descriptor, and every include a script that uses it", () => {
  const names = definedScripts.map((script) => script.name).sort();
  expect(names).toEqual([...sources.keys()].sort());
  for (const path of includes) {
    const firstLine =
      read(path)
        .split("\n")
        .find((line) => !line.startsWith("-- @include")) ?? "";
    expect(
      definedScripts.some((script) => script.body.includes(firstLine)),
      path,
    ).toBe(true);
  }
});

test("scripts that only read are marked as such, and those that end work may run without memory", () => {
  const flags = Object.fromEntries(
    definedScripts.map((script) => [
      script.name,
      /flags=(\S+)/.exec(script.body.split("\n")[0] ?? "")?.[1] ?? "none",
    ]),
  );
  expect(flags).toMatchObject({
    "load-run": "no-writes",
    "describe-run": "no-writes",
    "list-page": "no-writes",
    "read-changes": "no-writes",
    "read-history": "no-writes",
  });
  const needsMemory = Object.keys(flags).filter((name) => flags[name] === "none");
  expect(needsMemory.sort()).toEqual([
    "add-dead-letter",
    "append-log",
    "claim-idempotency-key",
    "create-api-key",
    "create-schedule",
    "import-run",
    "request-cancel",
    "request-of-schedule",
    "request-update",
    "reset-run",
    "rotate-api-key",
    "set-attributes",
    "set-suspended",
    "signal",
    "start",
    "start-or-signal",
    "start-with-update",
    "terminate",
    "write-document",
  ]);
});

describe("a script's reply", () => {
  const reply = new ScriptReply(
    [Buffer.from("ok"), 7, Buffer.from("12"), Buffer.from(""), null, [1]],
    "example",
  );

  test("is read as what it is", () => {
    expect(reply.tag).toBe("ok");
    expect(reply.length).toBe(6);
    expect([reply.at(1).number, reply.at(2).number, reply.at(2).optionalNumber]).toEqual([7, 12, 12]);
    expect([reply.at(3).optionalText, reply.at(4).optionalText, reply.at(3).optionalNumber]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(reply.at(5).items.map((item) => item.number)).toEqual([1]);
  });

  test("that is another than the script documents names the script", () => {
    expect(() => reply.at(9)).toThrow("script example replied with no element 9");
    expect(() => reply.at(1).bytes).toThrow("no bulk string");
    expect(() => reply.at(0).number).toThrow("no number");
    expect(() => reply.at(0).items).toThrow("no list");
  });
});
