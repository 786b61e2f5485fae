import { createHmac } from "node:crypto";

/** A secret as Standard Webhooks writes it. */
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

/** Headers of a delivery by Standard Webhooks; `atSeconds` is when it is sent. */
export function signedHeaders(
  body: string,
  options: { id: string; atSeconds?: number; secret?: string },
): Record<string, string> {
  const { id, atSeconds = Math.floor(Date.now() / 1_000), secret = WEBHOOK_SECRET } = options;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${atSeconds}.${body}`).digest("base64");
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(atSeconds),
    "webhook-signature": `v1,${signature}`,
  };
}
