import { z } from "zod";
import { jsonBean, jsonMap, wholeNumber } from "./json-bean.js";

/** A reference to, or the text of, a schema of inputs or outputs. Carried with the definition, not enforced. */
export const schemaDef = jsonBean({
  name: z.string().min(1),
  version: wholeNumber(1).default(1),
  type: z.enum(["JSON", "AVRO", "PROTOBUF"]),
  data: jsonMap.optional(),
  externalRef: z.string().optional(),
});
export type SchemaDef = z.output<typeof schemaDef>;
