import { DateTime, FixedOffsetZone, IANAZone, type Zone } from "luxon";

const UNTIL = /^(\d{4})-(\d{1,2})-(\d{1,2})(?: +(\d{1,2}):(\d{2})(?: +(\S+))?)?$/;
const OFFSET = /^(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?$/i;

/** Abbreviations say whether it is summer, so they are offsets: "EST" in July is still five hours behind. */
const ABBREVIATIONS: Readonly<Record<string, number>> = {
  Z: 0,
  GMT: 0,
  UTC: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  CET: 1,
  CEST: 2,
};

/**
 * Epoch milliseconds of the `until` of a WAIT task: `yyyy-MM-dd`, `yyyy-MM-dd HH:mm` or `yyyy-MM-dd HH:mm <zone>`, where
 * the zone is a name ("Europe/Madrid"), an offset ("GMT-03:00") or a common abbreviation ("PST"). Without one it is a time
 * in `defaultZone`. A time that a zone skips counts from before the change. Undefined for anything else.
 */
export function parseWaitUntil(text: string, defaultZone = "UTC"): number | undefined {
  const match = UNTIL.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day, hour, minute] = match.slice(1, 6).map((digits) => Number(digits ?? 0));
  const zone = zoneOf(match[6] ?? defaultZone);
  if (zone === undefined || year === undefined || month === undefined || day === undefined) return undefined;
  const time = DateTime.fromObject({ year, month, day, hour: hour ?? 0, minute: minute ?? 0 }, { zone });
  return time.isValid ? time.toMillis() : undefined;
}

function zoneOf(name: string): Zone | undefined {
  const hours = ABBREVIATIONS[name.toUpperCase()];
  if (hours !== undefined) return FixedOffsetZone.instance(hours * 60);
  const offset = OFFSET.exec(name);
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
    return minutes <= 18 * 60 ? FixedOffsetZone.instance(offset[1] === "-" ? -minutes : minutes) : undefined;
  }
  return IANAZone.isValidZone(name) ? IANAZone.create(name) : undefined;
}
