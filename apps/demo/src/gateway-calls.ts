// The HTTP calls of the demo, as any service would make them.

export interface HistoryItem {
  readonly kind: string;
  readonly seq?: number;
  readonly name?: string;
}

export interface Description {
  readonly status: string;
  readonly accepted: number;
  readonly processed: number;
  readonly historyLength: number;
  readonly pendingActivities: readonly { readonly name: string; readonly state: string }[];
}

export interface Accepted {
  readonly id: string;
  readonly runId: string;
  readonly outcome: string;
}

export class GatewayCalls {
  constructor(private readonly url: string) {}

  startOrSignal(request: object): Promise<Accepted> {
    return this.call<Accepted>("POST", "/start-or-signal", request);
  }
  query(id: string, name: string): Promise<{ answered: boolean; result: unknown }> {
    return this.call("POST", `/${encodeURIComponent(id)}/queries/${encodeURIComponent(name)}`, {});
  }
  describe(id: string): Promise<Description> {
    return this.call("GET", `/${encodeURIComponent(id)}`);
  }
  async history(id: string): Promise<readonly HistoryItem[]> {
    return (await this.call<{ items: HistoryItem[] }>("GET", `/${encodeURIComponent(id)}/history`)).items;
  }
  /** A long poll: answers as soon as the workflow has a result, or after the wait without one. */
  result(id: string, waitMs: number): Promise<{ status: string; result?: unknown }> {
    return this.call("GET", `/${encodeURIComponent(id)}/result?waitMs=${waitMs}`);
  }

  private async call<Answer>(method: "GET" | "POST", path: string, body?: object): Promise<Answer> {
    const reply = await fetch(`${this.url}/api/v1/workflows${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path} was answered with ${reply.status}: ${text}`);
    return JSON.parse(text) as Answer;
  }
}
