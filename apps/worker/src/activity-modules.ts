import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigurationError } from "@heddle/protocol";
import type { AnyActivity } from "@heddle/workflow";

/**
 * Imports modules and collects the activities they export: each export that is an activity, and those in an array or
 * map named `activities`. A specifier that begins with "." or "/" is a path from `from`, any other a package.
 * Throws `ConfigurationError` naming the module that cannot be imported or exports no activity.
 */
export async function loadActivities(specifiers: readonly string[], from: string): Promise<AnyActivity[]> {
  const found = new Set<AnyActivity>();
  for (const specifier of specifiers) {
    const activities = activitiesIn(await importModule(specifier, from));
    if (activities.length === 0) {
      throw new ConfigurationError(
        `HEDDLE_ACTIVITIES names ${JSON.stringify(specifier)}, which exports no activity; export what activity() returns`,
        { details: { field: "HEDDLE_ACTIVITIES" } },
      );
    }
    for (const each of activities) found.add(each);
  }
  return [...found];
}

async function importModule(specifier: string, from: string): Promise<Readonly<Record<string, unknown>>> {
  const isPath = /^\.{0,2}\//.test(specifier);
  const target = isPath ? pathToFileURL(resolve(from, specifier)).href : specifier;
  try {
    return (await import(target)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new ConfigurationError(
      `HEDDLE_ACTIVITIES names ${JSON.stringify(specifier)}, which cannot be imported: ${String(cause)}`,
      { cause, details: { field: "HEDDLE_ACTIVITIES" } },
    );
  }
}

function activitiesIn(module: Readonly<Record<string, unknown>>): AnyActivity[] {
  const { activities, ...others } = module;
  const collected = typeof activities === "object" && activities !== null ? Object.values(activities) : [];
  return [activities, ...Object.values(others), ...(collected as unknown[])].filter(isActivity);
}

function isActivity(value: unknown): value is AnyActivity {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "activity";
}
