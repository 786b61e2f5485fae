/** The lease is another's: nothing of this partition may be done any more. Ends the owner's loop, and never leaves it. */
export class LeaseLostError extends Error {}

/** The reply of an owner's call, unless it says that the lease is lost. */
export function owned<Reply extends object>(
  reply: Reply | { readonly outcome: "lease-lost" },
): Exclude<Reply, { readonly outcome: "lease-lost" }> {
  if ("outcome" in reply && reply.outcome === "lease-lost") throw new LeaseLostError();
  return reply as Exclude<Reply, { readonly outcome: "lease-lost" }>;
}
