import { decodePayload } from "@heddle/protocol";
import { expect, test } from "vitest";
import { ProgressReport } from "./progress-report.js";

const fail = (error: unknown) => {
  throw error;
};

test("without a report of the code, only the worker speaks", () => {
  expect(new ProgressReport().take(fail)).toMatchObject({ fromActivity: false });
});

test("the latest details are sent, once", () => {
  const progress = new ProgressReport();
  progress.note({ page: 1 });
  progress.note({ page: 2 });
  const { details, fromActivity } = progress.take(fail);
  expect(fromActivity).toBe(true);
  expect(details && decodePayload(details)).toEqual({ page: 2 });
  expect(progress.take(fail).fromActivity).toBe(false);
});

test("a report without details is a report", () => {
  const progress = new ProgressReport();
  progress.note(undefined);
  const report = progress.take(fail);
  expect(report.fromActivity).toBe(true);
  expect(report.details).toBeUndefined();
});

test("a report that did not arrive is sent again, unless there is a newer one", () => {
  const progress = new ProgressReport();
  progress.note(1);
  progress.take(fail).undelivered();
  const second = progress.take(fail);
  expect(second.details && decodePayload(second.details)).toBe(1);
  progress.note(2);
  second.undelivered();
  const third = progress.take(fail);
  expect(third.details && decodePayload(third.details)).toBe(2);
});

test("details that cannot be serialised are told and do not stop the heartbeat", () => {
  const progress = new ProgressReport();
  const errors: unknown[] = [];
  progress.note({ callback: () => 1 });
  expect(progress.take((error) => errors.push(error))).toMatchObject({ fromActivity: true });
  expect(errors).toMatchObject([{ name: "PayloadNotSerializableError" }]);
});
