// What stands before replicas in production, reduced to a `fetch`: asks each in turn that says it is ready.
import { waitFor } from "@heddle/testkit";
import { onTestFinished } from "vitest";

const PROBE_EVERY_MS = 50;

export class LoadBalancer {
  /** Requests that no answer came to, with what came instead. */
  readonly failures: unknown[] = [];
  readonly #isReady: Map<string, boolean>;
  #next = 0;

  private constructor(urls: readonly string[]) {
    this.#isReady = new Map(urls.map((url) => [url, false]));
  }

  /** Probes until the test ends; resolves when all are ready. */
  static async before(urls: readonly string[]): Promise<LoadBalancer> {
    const balancer = new LoadBalancer(urls);
    const probes = urls.map((url) => setInterval(() => void balancer.#probe(url), PROBE_EVERY_MS));
    onTestFinished(() => probes.forEach((probe) => clearInterval(probe)));
    await Promise.all(urls.map((url) => balancer.untilReady(url)));
    return balancer;
  }

  async untilReady(url: string): Promise<void> {
    await waitFor(() => this.#isReady.get(url) === true, { description: `${url} is ready` });
  }

  /** For a client whose URL is that of any replica. Nothing is sent twice. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const ready = [...this.#isReady].flatMap(([url, isReady]) => (isReady ? [url] : []));
    const url = ready[this.#next++ % ready.length];
    if (url === undefined) throw new Error("no replica is ready");
    try {
      return await fetch(`${url}${pathname}${search}`, init);
    } catch (error) {
      this.failures.push(error);
      throw error;
    }
  };

  async #probe(url: string): Promise<void> {
    const reply = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    await reply?.text().catch(() => undefined);
    this.#isReady.set(url, reply?.ok === true);
  }
}
