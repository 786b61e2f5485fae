import { describe, expect, test } from "vitest";
import { cronTicks } from "./cron.js";

function ticks(expression: string, zone: string, from: string, count: number): string[] {
  const next = cronTicks(expression, zone);
  const found: string[] = [];
  for (let afterMs = Date.parse(from); found.length < count;) {
    const tick = next(afterMs);
    if (tick === undefined) break;
    found.push(new Date(tick).toISOString().replace(":00.000Z", "Z"));
    afterMs = tick;
  }
  return found;
}

describe("a time that the clocks skip", () => {
  test("comes later by as much as they are set forward, when the hours are named", () => {
    expect(ticks("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00Z", 3)).toEqual([
      "2026-03-28T01:30Z",
      "2026-03-29T01:30Z", // 03:30, for 02:30 is not there
      "2026-03-30T00:30Z",
    ]);
    expect(ticks("30 2 * * *", "America/New_York", "2026-03-08T00:00Z", 1)).toEqual(["2026-03-08T07:30Z"]);
    expect(ticks("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00Z", 2)).toEqual([
      "2026-10-03T15:45Z", // 02:45, half an hour later
      "2026-10-04T15:15Z",
    ]);
  });

  test("stays in order with the times behind the gap, and meets one of them once", () => {
    expect(ticks("15,45 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00Z", 3)).toEqual([
      "2026-03-29T01:15Z",
      "2026-03-29T01:45Z",
      "2026-03-30T00:15Z",
    ]);
  });

  test("is left out by an expression of every hour", () => {
    expect(ticks("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00Z", 3)).toEqual([
      "2026-03-29T00:30Z",
      "2026-03-29T01:00Z",
      "2026-03-29T01:30Z",
    ]);
    expect(ticks("15 * * * *", "Australia/Lord_Howe", "2026-10-03T14:50Z", 2)).toEqual([
      "2026-10-03T16:15Z", // 03:15; 02:15 is not there
      "2026-10-03T17:15Z",
    ]);
  });
});

describe("a time that the clocks show twice", () => {
  test("ticks the first time, when the hours are named", () => {
    expect(ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2)).toEqual([
      "2026-10-25T00:30Z",
      "2026-10-26T01:30Z",
    ]);
    expect(ticks("30 1 * * *", "America/New_York", "2026-11-01T00:00Z", 2)).toEqual([
      "2026-11-01T05:30Z",
      "2026-11-02T06:30Z",
    ]);
    expect(ticks("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00Z", 2)).toEqual([
      "2026-04-04T14:45Z",
      "2026-04-05T15:15Z",
    ]);
  });

  test("ticks both times for an expression of every hour", () => {
    expect(ticks("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:50Z", 5)).toEqual([
      "2026-10-25T00:00Z",
      "2026-10-25T00:30Z",
      "2026-10-25T01:00Z",
      "2026-10-25T01:30Z",
      "2026-10-25T02:00Z",
    ]);
    expect(ticks("45 * * * *", "Australia/Lord_Howe", "2026-04-04T14:00Z", 3)).toEqual([
      "2026-04-04T14:45Z",
      "2026-04-04T15:15Z", // 01:45 again, half an hour later
      "2026-04-04T16:15Z",
    ]);
  });

  test("ticks again also when the day's hours would be over", () => {
    // Saturdays only; clocks in Brazil went back at midnight, to Saturday 23:00.
    expect(ticks("30 * * * 6", "America/Sao_Paulo", "2018-02-18T01:00Z", 3)).toEqual([
      "2018-02-18T01:30Z",
      "2018-02-18T02:30Z",
      "2018-02-24T03:30Z",
    ]);
  });
});

test("the zone of the machine plays no part", () => {
  const zone = process.env["TZ"];
  const seen = ["UTC", "Asia/Kolkata", "America/New_York"].map((machine) => {
    process.env["TZ"] = machine;
    return ticks("0 9 * * 1-5", "Europe/Berlin", "2026-03-27T00:00Z", 3);
  });
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
  expect(new Set(seen.map(String)).size).toBe(1);
  expect(seen[0]).toEqual(["2026-03-27T08:00Z", "2026-03-30T07:00Z", "2026-03-31T07:00Z"]);
});

test("seconds, lists, names, last days and macros are understood", () => {
  expect(ticks("*/20 * * * * *", "UTC", "2026-01-01T00:00Z", 3)).toEqual([
    "2026-01-01T00:00:20.000Z",
    "2026-01-01T00:00:40.000Z",
    "2026-01-01T00:01Z",
  ]);
  expect(ticks("0 12 L * *", "UTC", "2028-02-01T00:00Z", 1)).toEqual(["2028-02-29T12:00Z"]);
  expect(ticks("0 0 * JAN,JUN MON", "UTC", "2026-01-30T00:00Z", 1)).toEqual(["2026-06-01T00:00Z"]);
  expect(ticks("@daily", "UTC", "2026-01-30T00:00Z", 1)).toEqual(["2026-01-31T00:00Z"]);
  expect(ticks("0 0 29 2 *", "UTC", "2026-01-30T00:00Z", 2)).toEqual([
    "2028-02-29T00:00Z",
    "2032-02-29T00:00Z",
  ]);
});

test.each(["", "nonsense", "* *", "30 2 * *", "61 * * * *", "0 0 30 2 *", "* * * * * * *", "H 2 * * *"])(
  "%j is refused, with the field and what to give",
  (expression) => {
    expect(() => cronTicks(expression, "UTC")).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        details: expect.objectContaining({ field: "cron" }) as unknown,
        message: expect.stringMatching(/give five fields/) as unknown,
      }),
    );
  },
);

test.each([
  ["61 * * * *", 1, 'field 1 (minute) is "61"'],
  ["0 25 * * *", 2, 'field 2 (hour) is "25"'],
  ["0 0 0 * * FOO", 6, 'field 6 (weekday) is "FOO"'],
  ["70 * * * * *", 1, 'field 1 (second) is "70"'],
  ["0 H * * *", 2, 'field 2 (hour) is "H", H is not supported'],
  ["0 0 30 2 *", undefined, "Invalid explicit day of month"],
])("%j is refused with the position of the field that is wrong", (expression, position, message) => {
  expect(() => cronTicks(expression, "UTC")).toThrow(
    expect.objectContaining({
      details: { field: "cron", position },
      message: expect.stringContaining(message) as unknown,
    }),
  );
});

test("an unknown zone is refused by name", () => {
  expect(() => cronTicks("0 0 * * *", "Mars/Olympus")).toThrow(
    /timezone "Mars\/Olympus" is not known; give an IANA/,
  );
});
