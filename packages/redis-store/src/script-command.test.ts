import { Command } from "ioredis";
import { expect, test } from "vitest";
import { ScriptCommand } from "./script-command.js";

const SHA = "0123456789abcdef0123456789abcdef01234567";
const nobody = (): void => undefined;

test.each<[string, readonly string[], readonly (string | number | Uint8Array)[]]>([
  ["nothing", [], []],
  ["texts and numbers", ["{p}:lease"], ["order", 7, "", -1.5]],
  ["text beyond ASCII", ["{p}:wörk:🧵"], ["naïve", "\u0000\r\n"]],
  ["bytes that are no text", ["{p}:a", "{p}:b"], [Buffer.from([0, 128, 255]), new Uint8Array([13, 10])]],
  ["a view into a longer buffer", ["{p}"], [new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3)]],
  ["large bytes", ["{p}"], ["before", Buffer.alloc(70_000, 200), "after"]],
])("%s goes out as ioredis itself would send it", (_name, keys, args) => {
  const own = new ScriptCommand(SHA, keys, args, nobody);
  const parts = [SHA, keys.length, ...keys, ...args].map((part) =>
    typeof part === "object" ? Buffer.from(part) : part,
  );
  const theirs = new Command("EVALSHA", parts);
  theirs.stringifyArguments();
  expect(own.toWritable()).toEqual(Buffer.from(theirs.toWritable({}) as string));
  expect(own.getKeys()).toEqual(keys);
});
