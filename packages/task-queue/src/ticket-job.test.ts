import { expect, test } from "vitest";
import { newTicket } from "./fixtures/tickets.js";
import { jobIdOf, jobOf, ticketOf } from "./ticket-job.js";

test("a ticket survives the way through a job", () => {
  const ticket = { ...newTicket(), workflowId: "Größe:{3} ✓" };
  expect(ticketOf(JSON.parse(JSON.stringify(jobOf(ticket).data)))).toEqual(ticket);
});

test("a job carries ids and the token and nothing else, whatever the object held", () => {
  const ticket = { ...newTicket(), input: "a secret" };
  expect(Object.keys(jobOf(ticket).data)).toEqual(["workflowId", "runId", "seq", "attempt", "token"]);
});

test("a job id differs for each dispatch of the same attempt", () => {
  const ticket = newTicket();
  expect(jobIdOf({ ...ticket, token: "other" })).not.toBe(jobIdOf(ticket));
});

test("a job id has no colon and is no whole number, which BullMQ would refuse", () => {
  const jobId = jobIdOf({ ...newTicket(), runId: "1", token: "2" });
  expect(jobId).not.toContain(":");
  expect(String(Number.parseInt(jobId, 10))).not.toBe(jobId);
});

test("a job of another shape is no ticket", () => {
  const { token: _token, ...rest } = newTicket();
  for (const data of [undefined, null, 7, "x", [], {}, rest, { ...newTicket(), attempt: 0 }]) {
    expect(ticketOf(data)).toBeUndefined();
  }
});
