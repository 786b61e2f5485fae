import type { RunFilterOptions } from "./call-options.js";
import { jsonBody } from "./http/json-body.js";
import { newWorkflowId } from "./http/random-id.js";
import { withoutDates } from "./search-options.js";

/** Without a name of the caller's the gateway would take a fresh one at every try. */
export function withWorkflowId<
  Options extends { id?: string | undefined; idempotencyKey?: string | undefined },
>(options: Options): Options {
  const isNamed = options.id !== undefined || options.idempotencyKey !== undefined;
  return isNamed ? options : { ...options, id: newWorkflowId() };
}

export function filterParameters({ createdAt, attributes, ...rest }: RunFilterOptions): object {
  return {
    ...rest,
    createdFrom: isoTime(createdAt?.from),
    createdTo: isoTime(createdAt?.to),
    attributes: attributes && jsonBody(withoutDates(attributes) as object),
  };
}

function isoTime(time: Date | number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

export function withParameters(path: string, parameters: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of [value].flat()) if (each !== undefined) query.append(name, String(each));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
