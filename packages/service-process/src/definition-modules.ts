import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigurationError, type PayloadCodec } from "@heddle/protocol";
import type { AnyActivity, AnyWorkflow } from "@heddle/workflow";

interface Modules {
  /** Packages, or paths: what begins with "." or "/". */
  readonly specifiers: readonly string[];
  /** Folder that paths start from. */
  readonly from: string;
  /** The environment variable that named them, for errors. */
  readonly variable: string;
}

/**
 * The activities that modules export: alone, or in an array or map. One met twice counts once.
 * Throws `ConfigurationError` naming the module that cannot be imported or exports no activity.
 */
export function loadActivities(modules: Modules): Promise<AnyActivity[]> {
  return loadDefinitions(modules, "activity") as Promise<AnyActivity[]>;
}

/** As `loadActivities`, for workflows. */
export function loadWorkflows(modules: Modules): Promise<AnyWorkflow[]> {
  return loadDefinitions(modules, "workflow") as Promise<AnyWorkflow[]>;
}

/** The `codec` that a module exports. Throws `ConfigurationError` when it has none or cannot be imported. */
export async function loadCodec(specifier: string, from: string): Promise<PayloadCodec> {
  const modules = { specifiers: [specifier], from, variable: "HEDDLE_CODEC" };
  const { codec } = await importModule(specifier, modules);
  if (!isCodec(codec))
    throw fault(modules, specifier, "exports no `codec` with the functions encode and decode");
  return codec;
}

function isCodec(value: unknown): value is PayloadCodec {
  if (typeof value !== "object" || value === null) return false;
  const { encode, decode } = value as Partial<Record<"encode" | "decode", unknown>>;
  return typeof encode === "function" && typeof decode === "function";
}

async function loadDefinitions(modules: Modules, kind: "activity" | "workflow"): Promise<unknown[]> {
  const found = new Set<unknown>();
  for (const specifier of modules.specifiers) {
    const exports = Object.values(await importModule(specifier, modules));
    const definitions = exports.flatMap((value) => [value, ...membersOf(value)]).filter(isOfKind(kind));
    if (definitions.length === 0) {
      throw fault(modules, specifier, `exports no ${kind}; export what ${kind}() returns`);
    }
    for (const each of definitions) found.add(each);
  }
  return [...found];
}

async function importModule(specifier: string, modules: Modules): Promise<Readonly<Record<string, unknown>>> {
  const isPath = /^\.{0,2}\//.test(specifier);
  const target = isPath ? pathToFileURL(resolve(modules.from, specifier)).href : specifier;
  try {
    return (await import(target)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw fault(modules, specifier, `cannot be imported: ${String(cause)}`, cause);
  }
}

function fault(modules: Modules, specifier: string, problem: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`${modules.variable} names ${JSON.stringify(specifier)}, which ${problem}`, {
    cause,
    details: { field: modules.variable },
  });
}

function membersOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  // Only what is plainly a map: looking into other objects could run their getters.
  const isPlain =
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? Object.values(value) : [];
}

function isOfKind(kind: string): (value: unknown) => boolean {
  return (value) => typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}
