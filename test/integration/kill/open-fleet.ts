import { inject, onTestFinished } from "vitest";
import { Fleet, type FleetOptions } from "../../support/fleet.js";

/** A fleet on the shared server; all of it ends with the test. */
export async function openFleet(options: Partial<FleetOptions> = {}): Promise<Fleet> {
  const fleet = await Fleet.open({ url: inject("redisUrl"), ...options });
  onTestFinished(() => fleet.close());
  return fleet;
}
