import type { IncomingHttpHeaders } from "node:http";
import { InvalidArgumentError } from "@heddle/protocol";

const PREFIX = "ce-";
/** The body and its type have headers of their own. */
const NO_ATTRIBUTES: readonly string[] = ["ce-data", "ce-data_base64", "ce-datacontenttype"];

/**
 * The event that a request in binary mode carries: attributes in headers `ce-…`, data as the body. Not yet checked.
 * Throws `InvalidArgumentError` for a header that is not encoded as section 3.1.3.2 of the HTTP binding says.
 */
export function binaryEvent(headers: IncomingHttpHeaders, data: unknown): Readonly<Record<string, unknown>> {
  const attributes = Object.entries(headers)
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, value]) => [name.slice(PREFIX.length), decode(name, String(value))] as const);
  const { "content-type": datacontenttype } = headers;
  return {
    ...Object.fromEntries(attributes),
    ...(datacontenttype === undefined ? {} : { datacontenttype }),
    ...(data === undefined ? {} : { data }),
  };
}

function decode(name: string, value: string): string {
  if (NO_ATTRIBUTES.includes(name)) {
    throw new InvalidArgumentError(
      `the header ${JSON.stringify(name)} is none of binary mode: the data is the body, and content-type its type`,
      { details: { field: name } },
    );
  }
  const unquoted = /^"(.*)"$/.exec(value)?.[1]?.replace(/\\(.)/g, "$1") ?? value;
  try {
    // Node reads header bytes as Latin-1, so what was sent unencoded would become another text.
    if (/^[\x20-\x7e]*$/.test(unquoted)) return decodeURIComponent(unquoted);
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError(
    `the header ${JSON.stringify(name)} is not validly encoded: send visible ASCII, and the rest as percent-encoded UTF-8`,
    { details: { field: name } },
  );
}
