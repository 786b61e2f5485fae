import { activity, query, signal, workflow } from "@heddle/workflow";

const ship = activity({
  name: "ship",
  execute: async (order: { id: string }) => `parcel-${order.id}`,
  retry: { maxAttempts: 5 },
});
const approval = signal<{ approved: boolean }>("approval");
const phase = query<string>("phase");

export const order = workflow({ name: "order" })
  .activities({ ship })
  .execute(async function* (ctx, input: { id: string }) {
    let current = "waiting";
    ctx.onQuery(phase, () => current);
    const { approved } = yield* ctx.waitForSignal(approval); // inferred from the handle
    if (!approved) return { shipped: false };
    current = "shipping";
    return { shipped: true, parcel: yield* ctx.run("ship", input) }; // inferred from the map
  });
