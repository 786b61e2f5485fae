import type { AccessStore } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { wholeNumber } from "./parameters.js";
import { jsonReply, PROBLEMS } from "./replies.js";

const MOST = 500;

const record = z.object({
  time: z.iso.datetime().describe("By the clock of the gateway"),
  who: z
    .string()
    .describe(
      "`key:<id>`, `jwt:<sub>`, `admin-key`, `webhook:<name>`, `anonymous`, or `unknown` when refused",
    ),
  address: z.string().describe("Where the call came from"),
  operation: z.string().describe("Operation id of this document"),
  object: z.string().optional().describe("Workflow or key id"),
  name: z.string().optional().describe("Of the signal, update or webhook"),
  requestId: z.string(),
  status: z.int(),
  code: z.string().optional().describe("Error code of a call that was refused or failed"),
});
const auditEntry = record
  .extend({
    id: z.string(),
    isIntact: z.boolean().describe("False when it was altered, or what stood before it was removed"),
  })
  .meta({ id: "AuditEntry" });
const auditPage = z
  .object({
    items: z.array(auditEntry),
    cursor: z.string().optional().describe("Continues behind the last item; absent on the last page"),
  })
  .meta({ id: "AuditPage" });

/** What was changed and what was refused, for admins. There is no route that changes it. */
export function auditLog(api: GatewayApp, store: AccessStore): void {
  api.get(
    "/audit",
    {
      schema: {
        operationId: "readAuditLog",
        summary: "Changes and refusals, newest first",
        description:
          "Entries appear a moment after the call. The log of each gateway has them at once, and all.",
        tags: ["access"],
        querystring: z.strictObject({
          limit: wholeNumber({
            least: 1,
            most: MOST,
            description: "Items of a page. Without it: 50",
          }).optional(),
          cursor: z.string().optional().describe("`cursor` of the page before"),
        }),
        response: { 200: jsonReply("One page", auditPage), ...PROBLEMS },
      },
    },
    async (request) => {
      const { limit = 50, cursor } = request.query;
      const page = await store.readAudit({ limit, cursor });
      const broken = new Set(page.broken);
      return {
        items: page.entries.map(({ id, entry }) => {
          const read = readRecord(entry);
          return { ...(read ?? unreadable(id)), id, isIntact: read !== undefined && !broken.has(id) };
        }),
        cursor: page.cursor,
      };
    },
  );
}

function readRecord(entry: string): z.infer<typeof record> | undefined {
  try {
    return record.parse(JSON.parse(entry));
  } catch {
    return undefined;
  }
}

/** Stands for what no gateway wrote, so that one such entry does not hide the others. */
function unreadable(id: string): z.infer<typeof record> {
  const time = new Date(Number(id.split("-", 1)[0])).toISOString();
  return { time, who: "unknown", address: "", operation: "unreadable", requestId: "", status: 0 };
}
