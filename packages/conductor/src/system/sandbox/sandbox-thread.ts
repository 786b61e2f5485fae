// Entry of a worker thread: runs expressions one after another until it is killed.

import { parentPort } from "node:worker_threads";
import { loadJq, type RunJq } from "../jq/run-jq.js";
import { loadScripts, type RunScript } from "../script/run-script.js";
import { limitWasmMemory } from "./limit-wasm-memory.js";
import type { SandboxReply, SandboxRequest, ThreadMessage } from "./messages.js";

// jq shows its own path in `$ENV`; a thread has an empty environment else.
process.argv = ["node", "sandbox"];

let scripts: Promise<RunScript> | undefined;
let jq: Promise<RunJq> | undefined;

parentPort?.on("message", (request: SandboxRequest) => {
  void answer(request).then((reply) => send({ kind: "done", reply }));
});

async function answer(request: SandboxRequest): Promise<SandboxReply> {
  const run = await load(request);
  limitWasmMemory(request.memoryBytes);
  send({ kind: "started" });
  try {
    return run();
  } catch (error) {
    // The engine itself gave up: out of native stack, or aborted in the middle of an allocation.
    return { ok: false, fault: "memory", message: `the engine gave up: ${String(error)}`, isWorn: true };
  }
}

async function load(request: SandboxRequest): Promise<() => SandboxReply> {
  if (request.kind === "jq") {
    const run = await (jq ??= loadJq());
    return () => run(request);
  }
  const run = await (scripts ??= loadScripts());
  return () => run(request);
}

function send(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}
