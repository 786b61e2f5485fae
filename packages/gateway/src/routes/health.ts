import type { WorkflowClient } from "@heddle/core";
import { HeddleError, ShutDownError, UnavailableError } from "@heddle/protocol";
import { z } from "zod";
import type { Drain } from "../drain.js";
import type { GatewayApp } from "../gateway-app.js";
import { jsonReply, PROBLEMS } from "./replies.js";

const READY_WITHIN_MS = 1_000;

const live = z.object({ status: z.literal("live") }).meta({ id: "Live" });
const ready = z.object({ status: z.literal("ready") }).meta({ id: "Ready" });

export function health(app: GatewayApp, client: WorkflowClient, drain: Drain): void {
  app.get(
    "/livez",
    {
      schema: {
        operationId: "isLive",
        summary: "Whether the process turns its event loop",
        description: "Never asks Redis: a restart would not repair Redis.",
        tags: ["service"],
        response: { 200: jsonReply("Live", live), "5xx": PROBLEMS["5xx"] },
      },
    },
    () => ({ status: "live" as const }),
  );
  app.get(
    "/readyz",
    {
      schema: {
        operationId: "isReady",
        summary: "Whether to send requests here",
        description: "No while draining, or when Redis does not answer within 1 s.",
        tags: ["service"],
        response: { 200: jsonReply("Ready", ready), "5xx": PROBLEMS["5xx"] },
      },
    },
    async () => {
      if (drain.hasBegun) throw new ShutDownError("this gateway is draining; use another replica");
      await pingWithin(client, READY_WITHIN_MS);
      return { status: "ready" as const };
    },
  );
}

async function pingWithin(client: WorkflowClient, withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new UnavailableError(`Redis did not answer within ${withinMs} ms`)),
      withinMs,
    );
  });
  try {
    await Promise.race([client.ping(), late]);
  } catch (cause) {
    throw cause instanceof HeddleError ? cause : new UnavailableError("Redis cannot be asked", { cause });
  } finally {
    clearTimeout(timer);
  }
}
