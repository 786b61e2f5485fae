import { type AttributeChanges, assertAttributes, assertWorkflowId } from "@heddle/protocol";
import type { AggregateOptions, RunGroup } from "./aggregate-options.js";
import type { CallOptions, RunFilterOptions } from "./call-options.js";
import { filterParameters, withParameters } from "./call-parameters.js";
import { apiPath } from "./http/path.js";
import { randomId } from "./http/random-id.js";
import type { Transport } from "./http/transport.js";
import { withoutDates } from "./search-options.js";

/** Search attributes over HTTP: setting them, and counting by them. */
export class SearchCalls {
  constructor(private readonly transport: Transport) {}

  async setAttributes(
    workflowId: string,
    changes: AttributeChanges,
    { signal }: CallOptions = {},
  ): Promise<void> {
    assertWorkflowId(workflowId);
    assertAttributes(changes);
    // JSON has no undefined, and it means the same.
    const removals = Object.entries(changes).map(([name, value]) => [name, value ?? null]);
    await this.transport.send({
      method: "PATCH",
      path: apiPath("workflows", workflowId, "attributes"),
      body: { attributes: withoutDates(Object.fromEntries(removals)), operationId: randomId() },
      details: { workflowId },
      applies: "once",
      signal,
    });
  }

  async aggregate(filter: RunFilterOptions, options: AggregateOptions): Promise<readonly RunGroup[]> {
    const { groupBy, signal } = options;
    const by = typeof groupBy === "object" ? { groupByAttribute: groupBy.attribute } : { groupBy };
    const path = withParameters(apiPath("workflows", "aggregate"), { ...filterParameters(filter), ...by });
    const { body } = await this.transport.send({ method: "GET", path, applies: "nothing", signal });
    return body.list("groups").map((group) => ({
      group: group.get("group") as RunGroup["group"],
      count: group.whole("count"),
    }));
  }
}
