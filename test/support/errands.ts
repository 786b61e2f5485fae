// Clients that start errands and send them their notes, and never stop before they were told that it is accepted.
import type { WorkflowClient } from "@heddle/core";
import { HeddleError } from "@heddle/protocol";
import { setTimeout as delay } from "node:timers/promises";
import type { ErrandInput } from "../processes/errand.js";
import type { ClientJournal } from "./client-journal.js";

/** How a client reaches Heddle: the store, or a gateway. */
export interface Caller {
  start(workflowId: string, input: ErrandInput): Promise<{ workflowId: string; runId: string }>;
  signal(workflowId: string, payload: string): Promise<unknown>;
  startOrSignal(
    workflowId: string,
    input: ErrandInput,
    payload: string,
  ): Promise<{ workflowId: string; runId: string }>;
}

/** Calls the store; everything carries an id, so that repeating it is safe. */
export function storeCaller(client: WorkflowClient, type = "errand"): Caller {
  return {
    start: (id, input) => client.start(type, input, { id, idConflict: "use-existing", idReuse: "reject" }),
    signal: (id, payload) => client.signal(id, "note", payload, { signalId: payload }),
    startOrSignal: (id, input, payload) =>
      client.startOrSignal(type, input, { name: "note", payload, signalId: payload }, { id }),
  };
}

/** Calls a gateway, which may be another one each time. */
export function gatewayCaller(urlNow: () => string): Caller {
  const post = async (path: string, body: object): Promise<Record<string, string>> => {
    const reply = await fetch(`${urlNow()}/api/v1/workflows${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(12_000),
    });
    const answer = (await reply.json()) as Record<string, string>;
    if (reply.ok) return answer;
    throw Object.assign(new Error(`${reply.status} ${JSON.stringify(answer)}`), {
      retryable: reply.status >= 500 || reply.status === 429,
      code: answer["code"],
      details: answer["details"],
    });
  };
  return {
    start: async (id, input) => {
      const run = await post("", {
        type: "errand",
        id,
        input,
        idConflict: "use-existing",
        idReuse: "reject",
      });
      return { workflowId: run["id"] ?? "", runId: run["runId"] ?? "" };
    },
    signal: (id, payload) => post(`/${id}/signals/note`, { payload, signalId: payload }),
    startOrSignal: async (id, input, payload) => {
      const signal = { name: "note", payload, signalId: payload };
      const run = await post("/start-or-signal", { type: "errand", id, input, signal });
      return { workflowId: run["id"] ?? "", runId: run["runId"] ?? "" };
    },
  };
}

/** The run is closed and takes no signal any more. */
export function isClosedRefusal(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "WORKFLOW_NOT_RUNNING";
}

/** The closed run that a start with `idReuse: "reject"` found under its id. */
function earlierRun(error: unknown): { readonly runId?: string } {
  const { code, details } = error as { code?: unknown; details?: { runId?: string } };
  return code === "WORKFLOW_ALREADY_EXISTS" ? (details ?? {}) : {};
}

/** Repeats a call until it is answered, as a client has to when the outcome is unknown. */
export async function untilAnswered<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!mayRepeat(error) || tries > 300) throw error;
      await delay(100);
    }
  }
}

function mayRepeat(error: unknown): boolean {
  if (error instanceof HeddleError) return error.retryable;
  if (error instanceof Error && "retryable" in error) return error.retryable === true;
  // What `fetch` throws when the connection broke or time was up.
  return error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");
}

/** Starts one errand; resolves when it is accepted. */
export async function startErrand(
  caller: Caller,
  journal: ClientJournal,
  errand: { workflowId: string; input: ErrandInput },
): Promise<void> {
  try {
    const run = await untilAnswered(() => caller.start(errand.workflowId, errand.input));
    journal.runAccepted(run.workflowId, run.runId);
  } catch (error) {
    const { runId } = earlierRun(error);
    // Nobody else uses the id: it is the run of a try whose answer was lost, and it is closed by now.
    if (runId === undefined) throw error;
    journal.runAccepted(errand.workflowId, runId);
  }
}

/** Starts one errand and sends it all its notes, each after the one before was accepted. */
export async function runErrand(
  caller: Caller,
  journal: ClientJournal,
  errand: { workflowId: string; client: string; input: ErrandInput },
): Promise<void> {
  const { workflowId, client, input } = errand;
  await startErrand(caller, journal, errand);
  for (let nth = 1; nth <= input.notes; nth++) {
    const sent = journal.signalSent({ client, workflowId, payload: `${workflowId} ${client} ${nth}` });
    await untilAnswered(() => caller.signal(workflowId, sent.payload));
    sent.outcome = "accepted";
  }
}

/** Many at once; resolves when everything is accepted, not when it is done. */
export async function runErrands(
  caller: Caller,
  journal: ClientJournal,
  errands: { count: number; input: ErrandInput; prefix?: string },
): Promise<void> {
  const { count, input, prefix = "errand" } = errands;
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      runErrand(caller, journal, { workflowId: `${prefix}-${index}`, client: "one", input }),
    ),
  );
}

/** Keeps an errand under way in each lane until it is told to stop, which resolves when all of them are done. */
export function keepBusy(
  caller: Caller,
  fleet: { readonly journal: ClientJournal; readonly client: WorkflowClient },
  load: { lanes: number; input: ErrandInput },
): { stop(): Promise<void> } {
  let started = 0;
  let isStopped = false;
  const lanes = Array.from({ length: load.lanes }, async (_, lane) => {
    while (!isStopped) {
      const workflowId = `errand-${started++}`;
      await runErrand(caller, fleet.journal, { workflowId, client: `lane ${lane}`, input: load.input });
      await untilAnswered(() => fleet.client.result(workflowId));
    }
  });
  // A test that failed never stops its lanes; what then ends them is told by that failure alone.
  for (const lane of lanes) lane.catch(() => undefined);
  return {
    stop: async () => {
      isStopped = true;
      await Promise.all(lanes);
    },
  };
}
