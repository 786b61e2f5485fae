import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidArgumentError } from "./errors.js";
import { formatHistory, parseHistory, type WorkflowHistory } from "./history-document.js";
import { decodeHistoryRecord, encodeHistoryRecord, type HistoryRecord } from "./history-record.js";
import { decodePayload, encodePayload } from "./payload.js";

function historyOf(...records: HistoryRecord[]): WorkflowHistory {
  return {
    workflowId: "order-1",
    runId: "run-1",
    type: "order",
    version: "2",
    status: "running",
    records: records.map(encodeHistoryRecord),
  };
}

const started = (input: unknown): HistoryRecord => ({ kind: "started", at: 1, input: encodePayload(input) });

describe("an exported history", () => {
  test("comes back as it was, held events and failures included", () => {
    const event = encodeHistoryRecord({
      kind: "signal",
      at: 2,
      name: "go",
      payload: encodePayload({ a: 1 }),
    });
    const failure = { name: "CardDeclined", message: "no", details: { $json: 1, code: [1, null] } };
    const history = historyOf(
      started({ id: "7", at: new Date(0) }),
      {
        kind: "activity-scheduled",
        seq: 1,
        name: "charge",
        queue: "default",
        input: encodePayload(undefined),
      },
      { kind: "activity-failed", at: 3, seq: 1, attempt: 3, failure },
      { kind: "held", event },
      { kind: "terminated", at: 4 },
    );
    const parsed = parseHistory(formatHistory(history));
    expect(parsed.records.map(decodeHistoryRecord)).toEqual(history.records.map(decodeHistoryRecord));
    expect({ ...parsed, records: [] }).toEqual({ ...history, records: [] });
  });

  test("keeps every payload, whatever it holds", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
        (value) => {
          const payload = encodePayload(value);
          const history = historyOf({ kind: "signal", at: 1, name: "any", payload });
          const [record] = parseHistory(Buffer.from(formatHistory(history))).records.map(decodeHistoryRecord);
          expect(record).toEqual({ kind: "signal", at: 1, name: "any", payload: Buffer.from(payload) });
        },
      ),
    );
  });

  test("shows plain payloads as what they are, and only those", () => {
    const text = formatHistory(historyOf(started({ amount: 5 }), started(new Map([[1, 2]]))));
    const { records } = JSON.parse(text) as { records: { input: Record<string, unknown> }[] };
    expect(records[0]?.input).toEqual({ $json: { amount: 5 } });
    expect(Object.keys(records[1]?.input ?? {})).toEqual(["$msgpack"]);
    const map = decodeHistoryRecord(parseHistory(text).records[1] ?? new Uint8Array());
    expect(map.kind === "started" && decodePayload(map.input)).toEqual(new Map([[1, 2]]));
  });

  test("may be edited by hand, because a payload is made of what stands there", () => {
    const text = formatHistory(historyOf(started({ amount: 5 }))).replace('"amount": 5', '"amount": 6');
    const record = decodeHistoryRecord(parseHistory(text).records[0] ?? new Uint8Array());
    expect(record.kind === "started" && decodePayload(record.input)).toEqual({ amount: 6 });
  });
});

describe("what is no exported history is refused", () => {
  const good = formatHistory(historyOf(started(1)));
  test.each([
    ["text that is no JSON", "{", "it is no JSON"],
    ["a bare value", "7", "it is no JSON object"],
    ["JSON of something else", "{}", '"format" is not "heddle-history"'],
    [
      "a later format",
      good.replace('"formatVersion": 1', '"formatVersion": 2'),
      "format version 2, this release reads 1",
    ],
    ["no workflow id", good.replace("workflowId", "id"), '"workflowId" is no text'],
    ["an unknown status", good.replace('"running"', '"sleeping"'), '"status" is none'],
    ["an unknown record", good.replace('"started"', '"begun"'), "record 0 cannot be read"],
    ["no records", good.replace('"records"', '"entries"'), '"records" are no list'],
  ])("%s", (_what, text, problem) => {
    expect(() => parseHistory(text)).toThrow(InvalidArgumentError);
    expect(() => parseHistory(text)).toThrow(problem);
  });
});
