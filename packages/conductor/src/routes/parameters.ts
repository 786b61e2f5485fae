import { z } from "zod";
import { flag, wholeNumber } from "../definition/json-bean.js";

export const workflowPath = z.object({ id: z.string().describe("Workflow id") });

/** `true` or `false`. */
export function flagParameter(fallback: boolean) {
  return flag.default(fallback).meta({ type: "boolean", default: fallback });
}

export function numberParameter(least: number) {
  return wholeNumber(least).optional().meta({ type: "integer", minimum: least });
}
