import type { DeadLetter, WorkflowClient } from "@heddle/core";
import { DeadLetterNotFoundError, ERROR_CATALOGUE, type ErrorCode } from "@heddle/protocol";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { acceptedJob } from "../ingestion/accept-job.js";
import { dataOf, type Ingestion, type Redriven } from "../ingestion/ingestion.js";
import { wholeNumber } from "./parameters.js";
import { jsonReply, PROBLEMS } from "./replies.js";

const MOST = 500;

const code = z.enum(Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]]);
const letterPath = z.object({ id: z.string().describe("Id of the dead letter") });

const letterFields = {
  id: z.string(),
  name: z.string().describe("What the job was called"),
  jobId: z.string(),
  code: z.string().describe("Error code: why it was refused, the last time"),
  message: z.string(),
  refusedAt: z.iso.datetime().describe("When it was refused, the last time"),
  dataBytes: z.int(),
};
const listedLetter = z.object(letterFields).meta({ id: "DeadLetter" });
const wholeLetter = z
  .object({
    ...letterFields,
    data: z.string().describe("JSON text of the job's data, as it was put on the queue"),
  })
  .meta({ id: "DeadLetterWithData" });
const letterPage = z
  .object({
    items: z.array(listedLetter),
    total: z.int(),
    cursor: z.string().optional().describe("Continues behind the last item; absent on the last page"),
  })
  .meta({ id: "DeadLetterPage" });

const absent = z.literal("absent").describe("It was redriven or deleted before; nothing happened");
const redrivenLetter = z
  .object({
    deadLetterId: z.string(),
    result: z.union([z.literal("redriven").describe("Accepted, and no dead letter any more"), absent]),
    run: acceptedJob.optional().describe("What was started or signalled"),
  })
  .meta({ id: "RedrivenDeadLetter" });
const redrivenPage = z
  .object({
    items: z.array(
      z.object({
        deadLetterId: z.string(),
        result: z.enum(["redriven", "refused", "absent"]),
        run: acceptedJob.optional(),
        code: z.string().optional().describe("Why it was refused again; it stays"),
        message: z.string().optional(),
      }),
    ),
    cursor: z.string().optional().describe("Continue with it until it is absent"),
  })
  .meta({ id: "RedrivenDeadLetters" });
const deletedLetter = z
  .object({ id: z.string(), result: z.union([z.literal("deleted"), absent]) })
  .meta({ id: "DeletedDeadLetter" });

const redriveBody = z
  .strictObject({
    code: code.optional().describe("Only those refused with this error code"),
    name: z.string().optional().describe("Only jobs of this name"),
    limit: z.int().min(1).max(MOST).optional().describe("How many are looked at. Without it: 100"),
    cursor: z.string().optional().describe("`cursor` of the call before"),
  })
  .meta({ id: "RedriveDeadLetters" });
const emptyBody = z.strictObject({}).meta({ id: "RedriveDeadLetter" });

/** Jobs that the ingestion queue brought and nobody could take: look at them, accept them after all, or forget them. */
export function deadLetters(api: GatewayApp, client: WorkflowClient, ingestion: Ingestion): void {
  api.get(
    "/dead-letters",
    {
      schema: {
        operationId: "listDeadLetters",
        summary: "Jobs of the ingestion queue that were refused, newest first",
        tags: ["ingestion"],
        querystring: z.strictObject({
          limit: wholeNumber({
            least: 1,
            most: MOST,
            description: "Items of a page. Without it: 50",
          }).optional(),
          cursor: z.string().optional().describe("`cursor` of the page before"),
        }),
        response: { 200: jsonReply("One page, without the data of the jobs", letterPage), ...PROBLEMS },
      },
    },
    async ({ query: { limit = 50, cursor } }) => {
      const page = await client.deadLetters.listDeadLetters({ limit, cursor, order: "newest-first" });
      return { ...page, items: page.items.map(shown) };
    },
  );

  api.get(
    "/dead-letters/:id",
    {
      schema: {
        operationId: "describeDeadLetter",
        summary: "One dead letter with the data of its job",
        tags: ["ingestion"],
        params: letterPath,
        response: { 200: jsonReply("The dead letter", wholeLetter), ...PROBLEMS },
      },
    },
    async ({ params: { id } }) => {
      const letter = await client.deadLetters.readDeadLetter(id);
      if (letter !== undefined) return { ...shown(letter), data: dataOf(letter) };
      throw new DeadLetterNotFoundError(
        "there is no dead letter with this id; it was redriven or deleted, or newer ones took its place",
        { details: { deadLetterId: id.slice(0, 64) } },
      );
    },
  );

  api.post(
    "/dead-letters/redrive",
    {
      schema: {
        operationId: "redriveDeadLetters",
        summary: "Accept the jobs of several dead letters after all, the oldest first",
        description: "Looks at one page. Those that are refused again stay, with the new reason.",
        tags: ["ingestion"],
        body: redriveBody,
        response: { 200: jsonReply("What became of each that matches", redrivenPage), ...PROBLEMS },
      },
    },
    async ({ body: { limit = 100, ...page } }) => {
      const { items, cursor } = await ingestion.redrivePage({ limit, ...page });
      return { items: items.map(shownResult), cursor };
    },
  );

  api.post(
    "/dead-letters/:id/redrive",
    {
      schema: {
        operationId: "redriveDeadLetter",
        summary: "Accept the job of a dead letter after all",
        description:
          "Under the ids that it had from the start, so it is accepted once, however often it is redriven. When it is refused again, the answer says why and the dead letter stays.",
        tags: ["ingestion"],
        params: letterPath,
        body: emptyBody,
        response: { 200: jsonReply("Accepted, or there was none", redrivenLetter), ...PROBLEMS },
      },
    },
    async ({ params: { id } }) => {
      const redriven = await ingestion.redrive(id);
      if (redriven.result === "refused") throw redriven.error;
      return redriven;
    },
  );

  api.delete(
    "/dead-letters/:id",
    {
      schema: {
        operationId: "deleteDeadLetter",
        summary: "Forget a dead letter",
        tags: ["ingestion"],
        params: letterPath,
        response: { 200: jsonReply("Deleted, or there was none", deletedLetter), ...PROBLEMS },
      },
    },
    async ({ params: { id } }) => {
      const wasKept = await client.deadLetters.removeDeadLetter(id);
      return { id, result: wasKept ? ("deleted" as const) : ("absent" as const) };
    },
  );
}

function shown({
  id,
  name,
  jobId,
  code,
  message,
  refusedAtMs,
  dataBytes,
}: DeadLetter): z.infer<typeof listedLetter> {
  return { id, name, jobId, code, message, refusedAt: new Date(refusedAtMs).toISOString(), dataBytes };
}

function shownResult(redriven: Redriven): z.infer<typeof redrivenPage>["items"][number] {
  if (redriven.result !== "refused") return redriven;
  const { deadLetterId, result, error } = redriven;
  return { deadLetterId, result, code: error.code, message: error.message };
}
