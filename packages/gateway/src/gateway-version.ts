import { readFileSync } from "node:fs";
import { z } from "zod";

const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");

/** Version of this package, as the service tells it. */
export const GATEWAY_VERSION = z.object({ version: z.string() }).parse(JSON.parse(manifest)).version;
