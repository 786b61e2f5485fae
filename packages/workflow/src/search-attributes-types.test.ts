import { expectTypeOf, test } from "vitest";
import { workflow } from "./workflow.js";

test("code sets the attributes that its workflow declares, with their types", () => {
  workflow({ name: "order" })
    .searchAttributes({
      customer: "string",
      total: "number",
      due: "date",
      labels: "string[]",
      paid: "boolean",
    })
    .execute(function* (ctx) {
      ctx.setAttributes({
        customer: "ada",
        total: 5,
        due: new Date(),
        labels: ["a"],
        paid: true,
        tags: ["x"],
      });
      ctx.setAttribute("total", null);
      ctx.setAttribute("tags", ["vip"]);
      // @ts-expect-error -- colour is not declared
      ctx.setAttribute("colour", "red");
      // @ts-expect-error -- total is a number
      ctx.setAttributes({ total: "5" });
      // @ts-expect-error -- tags are a list
      ctx.setAttribute("tags", "vip");
      yield* ctx.sleep(1);
    });
});

test("without a declaration any name is taken, and what no attribute holds is refused", () => {
  workflow({ name: "order" }).execute(function* (ctx) {
    ctx.setAttributes({ anything: 1, else: undefined });
    ctx.setAttribute("anything", new Date());
    // @ts-expect-error -- no attribute holds an object
    ctx.setAttribute("anything", { a: 1 });
    ctx.setMemo({ any: ["value"] });
    yield* ctx.sleep(1);
  });
});

test("types are those that exist, and declarations add up", () => {
  const builder = workflow({ name: "order" })
    .searchAttributes({ a: "string" })
    .searchAttributes({ b: "date" });
  builder.execute(function* (ctx) {
    expectTypeOf(ctx.setAttribute<"b">)
      .parameter(1)
      .toEqualTypeOf<Date | null | undefined>();
    ctx.setAttributes({ a: "x", b: new Date() });
    yield* ctx.sleep(1);
  });
  // @ts-expect-error -- there is no such type
  const wrong = () => workflow({ name: "order" }).searchAttributes({ a: "text" });
  expectTypeOf(wrong).toBeFunction();
});
