import { InvalidArgumentError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { assertStartOrSignalOptions, type StartOrSignalOptions } from "./start-or-signal-options.js";

test.each<[signalId: string | undefined, options: StartOrSignalOptions]>([
  ["signal-1", {}],
  ["signal-1", { id: "order-1" }],
  [undefined, { idempotencyKey: "key" }],
  [undefined, { idempotencyKey: "key", onTerminalConflict: "reject" }],
  ["signal-1", { id: "order-1", onTerminalConflict: "start-new" }],
  ["signal-1", { id: "order-1", idempotencyKey: undefined, onTerminalConflict: undefined }],
])("startOrSignal takes the signalId %j with %j", (signalId, options) => {
  expect(() => assertStartOrSignalOptions(signalId, options)).not.toThrow();
});

test.each<[problem: string, signalId: string | undefined, options: object, message: RegExp]>([
  ["neither signalId nor idempotencyKey", undefined, {}, /needs a signalId or an idempotencyKey/],
  ["an id alone", undefined, { id: "order-1" }, /needs a signalId or an idempotencyKey/],
  ["signalId and idempotencyKey", "signal-1", { idempotencyKey: "key" }, /not both/],
  ["id and idempotencyKey", undefined, { id: "order-1", idempotencyKey: "key" }, /given together/],
  [
    "start-new with idempotencyKey",
    undefined,
    { idempotencyKey: "key", onTerminalConflict: "start-new" },
    /permanent mapping/,
  ],
  ["start-new without id", "signal-1", { onTerminalConflict: "start-new" }, /needs both id and signalId/],
  [
    "start-new without signalId",
    undefined,
    { id: "order-1", onTerminalConflict: "start-new" },
    /needs a signalId or an idempotencyKey/,
  ],
  ["an unknown policy", "signal-1", { onTerminalConflict: "replace" }, /one of reject, start-new/],
  ["an empty id", "signal-1", { id: "" }, /is empty/],
  ["an overlong id", "signal-1", { id: "x".repeat(256) }, /limit is 255/],
  ["an empty idempotencyKey", undefined, { idempotencyKey: "" }, /is empty/],
  ["an overlong idempotencyKey", undefined, { idempotencyKey: "x".repeat(118) }, /limit is 117/],
  ["an option of start", "signal-1", { idConflict: "fail" }, /startOrSignal has no option "idConflict"/],
])("startOrSignal refuses %s", (_problem, signalId, options, message) => {
  const check = (): void => assertStartOrSignalOptions(signalId, options);
  expect(check).toThrow(InvalidArgumentError);
  expect(check).toThrow(message);
});
