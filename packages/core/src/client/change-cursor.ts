import { InvalidArgumentError } from "@heddle/protocol";

/** Opaque to callers: the place of a reader of changes, entry ids by partition. Short, because each change carries one. */
export function encodeChangeCursor(place: readonly string[]): string {
  return place.map(encodeEntryId).join(".");
}

/** Throws `InvalidArgumentError` for text that no reader gave. */
export function decodeChangeCursor(cursor: string): readonly string[] {
  const parts = cursor.split(".");
  const place = parts.map(decodeEntryId);
  if (place.every((entryId) => entryId !== undefined)) return place;
  throw new InvalidArgumentError(
    "the place to go on from is none that watching gave; begin again without it",
    {
      details: { field: "lastEventId" },
    },
  );
}

/** `0-0` is "", and the number is left out when it is 0, as it mostly is. */
function encodeEntryId(entryId: string): string {
  const [ms = "0", number = "0"] = entryId.split("-");
  if (ms === "0") return "";
  return number === "0" ? base36(ms) : `${base36(ms)}-${base36(number)}`;
}

function decodeEntryId(part: string): string | undefined {
  if (part === "") return "0-0";
  const match = /^([0-9a-z]{1,10})(?:-([0-9a-z]{1,10}))?$/.exec(part);
  if (match === null) return undefined;
  const [, ms = "", number = "0"] = match;
  return `${Number.parseInt(ms, 36)}-${Number.parseInt(number, 36)}`;
}

function base36(decimal: string): string {
  return Number(decimal).toString(36);
}
