// A workflow of one inline step, which never ends in a process that is told so.
import { workflow } from "heddle";

export const lingering = workflow({ name: "lingering" }).execute(async function* (ctx) {
  return yield* ctx.step("linger", () => {
    console.log("step begins");
    return process.env["STEP_HANGS"] === "1" ? new Promise<string>(() => undefined) : "done";
  });
});
