// Shapes of variables that more than one process has. Messages follow the name of the variable: "HEDDLE_PORT must be …".
import { z } from "zod";

/** The fallback may be `undefined`: then the variable may be left out. */
export function wholeNumber<Fallback extends number | undefined>(range: {
  least: number;
  most: number;
  fallback: Fallback;
}) {
  const { least, most, fallback } = range;
  const problem = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, problem)
    .transform(Number)
    .pipe(z.int().min(least, problem).max(most, problem))
    .optional()
    .transform((given): number | Fallback => given ?? fallback);
}

/** A switch that is off when it is left out. */
export function flag() {
  return z
    .enum(["0", "1"], "must be 0 or 1")
    .default("0")
    .transform((given) => given === "1");
}

/** The parts of a list: blanks around them, empty ones and repetitions do not count. */
export function commaSeparated(text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ""))];
}

/** Modules that export definitions; at least one. */
export function modules(what: "workflows" | "activities") {
  const example = `for example ./dist/${what}.js`;
  return z
    .string(`is not set; name the modules that export ${what}, ${example}`)
    .transform(commaSeparated)
    .refine((named) => named.length > 0, `names no module; give at least one, ${example}`);
}

/** The same for a process that has something else to do. */
export function optionalModules() {
  return z.string().default("").transform(commaSeparated);
}

/** 0, or nothing: no health server, told as `undefined`. */
export function healthPort() {
  return wholeNumber({ least: 0, most: 65_535, fallback: 0 }).transform((port) => port || undefined);
}

/** A check that throws, as one that answers. */
export function holds(assertion: (value: unknown) => void): (value: unknown) => boolean {
  return (value) => {
    try {
      assertion(value);
      return true;
    } catch {
      return false;
    }
  };
}
