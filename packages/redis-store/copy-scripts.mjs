// tsc leaves .lua files behind; the loader reads each beside its compiled caller.
import { cpSync } from "node:fs";

cpSync("src", "dist", {
  recursive: true,
  filter: (source) => !source.includes(".") || source.endsWith(".lua"),
});
