import type { CarriedEvent } from "@heddle/core";

/** Name and reference of an event as an inbox entry has them; `eventOf` of the coordinator reads them. */
export function namesOf(event: CarriedEvent): readonly [name: string, reference: string] {
  switch (event.kind) {
    case "signal":
      return [event.name, event.signalId ?? ""];
    case "update":
      return [event.name, event.updateId];
    case "cancel-requested":
      return ["", ""];
  }
}

/** Its data. */
export function dataOf(event: CarriedEvent): Uint8Array {
  switch (event.kind) {
    case "signal":
      return event.payload;
    case "update":
      return event.input;
    case "cancel-requested":
      return Buffer.from(event.reason ?? "");
  }
}
