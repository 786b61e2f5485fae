import { encodePayload } from "@heddle/protocol";
import { expect, test } from "vitest";
import { outgoingOf } from "./outgoing.js";
import { TurnBuffer } from "./turn-buffer.js";

const noPolicy = (): never => {
  throw new Error("no activity is scheduled");
};

function sendingBuffer(seq: number, records: number): TurnBuffer {
  const buffer = new TurnBuffer();
  for (let count = 0; count < records; count++) buffer.addRecord({ kind: "taken", at: 1 });
  const payload = encodePayload(seq);
  buffer.addCommand({ kind: "signal-sent", seq, workflowId: "w", name: "go", payload }, noPolicy);
  return buffer;
}

test("a message names its record, also behind an earlier buffer", () => {
  const later = sendingBuffer(2, 1);
  later.prepend(sendingBuffer(1, 3));
  expect(outgoingOf(later, undefined)).toEqual({
    outgoing: {
      messages: [
        { kind: "signal", seq: 1, target: { workflowId: "w" }, runId: "", recordIndex: 3 },
        { kind: "signal", seq: 2, target: { workflowId: "w" }, runId: "", recordIndex: 5 },
      ],
      newChildren: [],
      dropsChildren: false,
    },
  });
});

test("a turn that sends nothing says nothing", () => {
  expect(outgoingOf(new TurnBuffer(), undefined)).toEqual({});
});

const child = (seq: number, policy: "terminate" | "request-cancel" | "abandon") => ({
  ...{ seq, policy, workflowId: `child-${seq}`, runId: `run-${seq}` },
});
/** What of a machine is asked at the end of its run. */
const machine = {
  pendingChildren: [child(1, "terminate"), child(2, "request-cancel"), child(3, "abandon")],
  parent: { workflowId: "parent", runId: "run-0", seq: 9, depth: 1 },
} as const;
const farewells = [
  { kind: "terminate", seq: 1, target: { workflowId: "child-1" }, runId: "run-1" },
  { kind: "cancel", seq: 2, target: { workflowId: "child-2" }, runId: "run-2" },
];

test("the end of a run is told to its parent with the closing record, and to its children by their policies", () => {
  const buffer = new TurnBuffer();
  buffer.addRecord({ kind: "taken", at: 1 });
  buffer.addCommand({ kind: "completed", at: 2, result: encodePayload(1) }, noPolicy);
  const told = {
    kind: "child-closed",
    seq: 9,
    target: { workflowId: "parent" },
    runId: "run-0",
    recordIndex: 1,
  };
  expect(outgoingOf(buffer, machine).outgoing).toEqual({
    messages: [...farewells, told],
    newChildren: [],
    dropsChildren: true,
  });
});

test("a run that continues as new leaves its children, and its parent waits on", () => {
  const buffer = new TurnBuffer();
  buffer.addCommand({ kind: "continued", at: 2, input: encodePayload(1) }, noPolicy);
  expect(outgoingOf(buffer, machine).outgoing?.messages).toEqual(farewells);
});
