// Executions of the definition that uses every type of task, and what must hold of them whatever was killed.
import { CONDUCTOR_WORKFLOW, readWorkflowDef } from "@heddle/conductor";
import { waitFor } from "@heddle/testkit";
import { expect } from "vitest";
import { EFFECTS, WALK_INPUT, WALK_OUTPUT, walkDefinition } from "../processes/definition-walk.js";
import type { Fleet } from "./fleet.js";
import { untilAtRest } from "./invariants.js";
import type { OutsideWorld } from "./outside-world.js";

export class DefinitionWalks {
  constructor(
    private readonly fleet: Fleet,
    private readonly world: OutsideWorld,
  ) {}

  /** May be repeated when the outcome is unknown. */
  async start(ids: readonly string[], json = walkDefinition(this.world.surroundings)): Promise<void> {
    const input = { definition: readWorkflowDef(json), input: WALK_INPUT };
    const { client } = this.fleet;
    const idConflict = "use-existing";
    await Promise.all(ids.map((id) => client.start(CONDUCTOR_WORKFLOW, input, { id, idConflict })));
  }

  /** Resolves when all have ended and nothing is left to do. */
  async expectWalked(ids: readonly string[]): Promise<void> {
    const results = await Promise.all(ids.map((id) => this.fleet.client.result(id)));
    for (const [index, result] of results.entries()) expect(result, ids[index]).toEqual(WALK_OUTPUT);
    await untilAtRest(this.fleet.redis, this.fleet.namespace, 30_000);
  }

  /** Each call and message was made once for each attempt, and no other was made. */
  async expectEffectsOnce(ids: readonly string[]): Promise<void> {
    const seen = [...this.world.calls(), ...(await this.world.messages())];
    const of = (id: string, from: string) =>
      seen.filter((each) => each.workflowId === id && each.from === from);
    for (const id of ids) {
      for (const [from, attempts] of Object.entries(EFFECTS)) {
        const taskIds = of(id, from).map(({ taskId }) => taskId);
        expect(taskIds, `${from} of ${id}`).toHaveLength(attempts);
        expect(new Set(taskIds).size, `${from} of ${id}`).toBe(attempts);
      }
    }
  }

  /** How many events an execution takes that nothing disturbs. */
  async eventsOf(id: string): Promise<number> {
    await this.start([id]);
    await this.expectWalked([id]);
    return (await this.fleet.client.describe(id)).accepted;
  }

  /**
   * Kills the owner of many executions while one of them is at its first event, one at its second, and so on; then lets another owner
   * go on. Resolves to their ids.
   */
  async killAtEachEvent(events: number): Promise<string[]> {
    const { client } = this.fleet;
    const places = Array.from({ length: events }, (_, index) => index + 1);
    const idOf = (event: number) => `killed-at-${event}`;
    const ids = places.map(idOf);
    const stallAt = Object.fromEntries(places.map((event) => [idOf(event), event]));
    const owner = await this.fleet.start("coordinator", { env: { STALL_AT: JSON.stringify(stallAt) } });
    await this.start(ids);
    await waitFor(() => owner.lines.filter((line) => line.startsWith("stalled ")).length === events, {
      description: "each execution is at the event at which its owner dies",
      timeoutMs: 120_000,
      intervalMs: 100,
    });
    await this.fleet.kill(owner);
    const processed = await Promise.all(ids.map(async (id) => (await client.describe(id)).processed));
    // What was one turn of the owner is lost as one.
    for (const [index, event] of places.entries()) expect(processed[index]).toBeLessThan(event);
    expect(new Set(processed).size).toBeGreaterThan(events / 2);
    await this.fleet.start("coordinator");
    return ids;
  }
}
