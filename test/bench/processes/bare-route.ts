// What HTTP, validation and one script cost: a route with the body of start-or-signal and nothing of Heddle.
import { fastify } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { endInOrder } from "../../processes/ending.js";
import { setting } from "../../processes/setting.js";
import { ScriptBatch } from "../baselines/script-batch.js";
import { answerUsage } from "../usage/answer-usage.js";

const text = z.string().optional();
const duration = z.union([z.number(), z.string()]).optional();
const body = z.strictObject({
  type: z.string(),
  input: z.unknown().optional(),
  signal: z.strictObject({ name: z.string(), payload: z.unknown().optional(), signalId: text }),
  id: text,
  idempotencyKey: text,
  onTerminalConflict: z.enum(["reject", "start-new"]).optional(),
  executionTimeout: duration,
  runTimeout: duration,
  attributes: z.record(z.string(), z.unknown()).optional(),
  tags: z.array(z.string()).optional(),
  memo: z.unknown().optional(),
  operationId: text,
});
const reply = z.object({ id: z.string(), runId: z.string(), outcome: z.string() });

const scripts = await ScriptBatch.open(setting("REDIS_URL"), ["bare-transition"]);
const app = fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);
app.post(
  "/api/v1/workflows/start-or-signal",
  { schema: { body, response: { 202: reply } } },
  async ({ body: { id = "none", input } }, answer) => {
    const keys = [`{bare}:workflow:${id}`, `{bare}:history:${id}`, "{bare}:inbox", "{bare}:index"];
    await scripts.run("bare-transition", keys, [id, JSON.stringify(input), String(Date.now())]);
    return answer.code(202).send({ id, runId: id, outcome: "signalled" });
  },
);
const url = await app.listen({ host: "127.0.0.1", port: 0 });
answerUsage();
endInOrder(async () => {
  await app.close();
  scripts.close();
});
console.log(`ready ${url}`);
