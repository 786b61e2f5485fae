import { expect, test } from "vitest";
import { definitionJsonSchemas } from "./json-schemas.js";

// To write them anew: vitest run --project unit -u with this file.
test.each(Object.entries(definitionJsonSchemas()))(
  "docs/conductor/%s.schema.json is what the package publishes",
  async (name, schema) => {
    const file = new URL(`../../../../docs/conductor/${name}.schema.json`, import.meta.url).pathname;
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
  },
);
