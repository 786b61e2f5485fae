import { expect, test } from "vitest";
import { CatchUp } from "./catch-up.js";

test("a query waits for the newest entry that a later call tells, not for one that was under way", async () => {
  const catchUp = new CatchUp();
  const underWay = catchUp.callBegins();
  const passed: string[] = [];
  void catchUp.wait().then(() => passed.push("query"));
  underWay("5-0");
  catchUp.reached("5-0");
  await Promise.resolve();
  expect(passed).toEqual([]);

  catchUp.callBegins()("9-1");
  catchUp.reached("9-0");
  await Promise.resolve();
  expect(passed).toEqual([]);
  catchUp.reached("9-1");
  await Promise.resolve();
  expect(passed).toEqual(["query"]);
});

test("the end lets everyone go", async () => {
  const catchUp = new CatchUp();
  const waiting = [catchUp.wait()];
  catchUp.callBegins()("9-1");
  waiting.push(catchUp.wait());
  catchUp.end();
  await expect(Promise.all(waiting)).resolves.toHaveLength(2);
});
