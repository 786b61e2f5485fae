import { InvalidArgumentError } from "@heddle/protocol";

const DAY_MS = 24 * 3_600_000;

/**
 * Wall clock of an IANA time zone, from the rules that the runtime knows; the zone of the machine plays no part. A wall
 * time is written as the epoch ms at which UTC shows it.
 */
export interface TimeZone {
  /** Wall time minus UTC, in ms, at an instant. */
  offsetAt(instantMs: number): number;
  /**
   * Instants at which the zone shows that wall time, earliest first: one, two when clocks are set back over it, none
   * when they are set forward over it.
   */
  instantsOf(wallMs: number): readonly number[];
  /** The instant of a wall time that clocks skip: as if they had not been set forward yet. */
  skippedInstant(wallMs: number): number;
}

/** Throws `InvalidArgumentError` for a name that the runtime does not know. */
export function timeZone(name: string): TimeZone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = name === "UTC" ? UTC : zoneOf(formatOf(name));
  zones.set(name, zone);
  return zone;
}

// A format takes milliseconds to make, and there are only so many names that it takes.
const zones = new Map<string, TimeZone>();

const UTC: TimeZone = {
  offsetAt: () => 0,
  instantsOf: (wallMs) => [wallMs],
  skippedInstant: (wallMs) => wallMs,
};

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      ...{ timeZone, calendar: "gregory", numberingSystem: "latn", hourCycle: "h23", era: "short" },
      ...{ year: "numeric", month: "numeric", day: "numeric" },
      ...{ hour: "numeric", minute: "numeric", second: "numeric" },
    });
  } catch {
    throw new InvalidArgumentError(
      `timezone ${JSON.stringify(timeZone)} is not known; give an IANA name such as "Europe/Berlin" or "UTC"`,
      { details: { field: "timezone" } },
    );
  }
}

function zoneOf(format: Intl.DateTimeFormat): TimeZone {
  const offsetAt = (instantMs: number): number => {
    const parts = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    const wallMs = Date.UTC(
      ...([part("year"), part("month") - 1, part("day")] as const),
      ...([part("hour"), part("minute"), part("second")] as const),
    );
    return wallMs - Math.floor(instantMs / 1_000) * 1_000;
  };
  // No zone has ever changed its clocks twice within two days.
  const before = (wallMs: number): number => offsetAt(wallMs - DAY_MS);
  return {
    offsetAt,
    instantsOf: (wallMs) =>
      [...new Set([before(wallMs), offsetAt(wallMs + DAY_MS)])]
        .filter((offsetMs) => offsetAt(wallMs - offsetMs) === offsetMs)
        .map((offsetMs) => wallMs - offsetMs)
        .sort((left, right) => left - right),
    skippedInstant: (wallMs) => wallMs - before(wallMs),
  };
}
