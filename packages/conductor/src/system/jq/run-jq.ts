// jq inside a sandbox thread.

import type { SandboxReply, SandboxRequest } from "../sandbox/messages.js";

export type RunJq = (request: SandboxRequest & { kind: "jq" }) => SandboxReply;

export async function loadJq(): Promise<RunJq> {
  // No static import: a thread of scripts needs no jq.
  const { default: loading } = await import("jq-web");
  const jq = await loading;
  return ({ program, inputJson, maxResultCharacters }) => {
    let text: string | undefined;
    try {
      // The blank keeps a program like `--help` from being read as an option.
      text = jq.raw(inputJson, ` ${program}`, ["-c"]);
    } catch (error) {
      return failureOf(error);
    }
    if (text === undefined) return { ok: true, json: [] };
    if (text.length > maxResultCharacters) {
      return { ok: false, fault: "memory", message: `the program emitted ${text.length} characters` };
    }
    return { ok: true, json: text.split("\n").filter((line) => line !== "") };
  };
}

/** Exit codes of jq: 3 is a program that cannot be compiled, others are errors raised while it ran. */
function failureOf(error: unknown): SandboxReply {
  const { exitCode, stderr } = error as { exitCode?: number; stderr?: string };
  if (exitCode === undefined) {
    return { ok: false, fault: "memory", message: "jq ran out of memory or stack", isWorn: true };
  }
  const message = (stderr ?? "").replaceAll("undefined", "").trim().slice(0, 1_000);
  return {
    ok: false,
    fault: exitCode === 3 ? "syntax" : "thrown",
    message: message || `jq ended with exit code ${exitCode}`,
  };
}
