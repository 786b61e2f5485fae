import { createHash } from "node:crypto";
import { activity, workflow, type WorkflowGenerator } from "heddle";

export interface Quote {
  readonly supplier: string;
  readonly price: number;
}

/** Stands for a call to a supplier's API: the same article always has the same price there. */
const askSupplier = activity({
  name: "askSupplier",
  execute({ supplier, article }: { supplier: string; article: string }): Quote {
    const seed = createHash("sha256").update(`${supplier}/${article}`).digest().readUInt16BE();
    return { supplier, price: 10 + (seed % 90) };
  },
});

export const quoteActivities = { askSupplier };

/** Fan-out: asks all suppliers at once. Each answer is durable on its own, so a crash asks nobody twice. */
export const supplierQuotes = workflow({ name: "supplier-quotes" })
  .activities(quoteActivities)
  .execute(async function* (
    ctx,
    { article, suppliers }: { article: string; suppliers: string[] },
  ): WorkflowGenerator<{ cheapest: Quote | undefined; asked: number }> {
    const quotes = yield* ctx.all(suppliers.map((supplier) => ctx.run("askSupplier", { supplier, article })));
    const [cheapest] = quotes.toSorted((left, right) => left.price - right.price);
    return { cheapest, asked: quotes.length };
  });
