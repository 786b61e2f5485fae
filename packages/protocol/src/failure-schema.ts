// Apart from `failure.ts`, so that browsers which rebuild errors do not load a schema library.
import { z } from "zod";
import type { Failure } from "./failure.js";

export const failureSchema: z.ZodType<Failure> = z.lazy(() =>
  z.object({
    name: z.string(),
    message: z.string(),
    stack: z.string().optional(),
    details: z.unknown().optional(),
    cause: failureSchema.optional(),
  }),
);
