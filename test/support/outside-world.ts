// What HTTP calls and messages of definitions reach: a server that counts, and a Kafka cluster.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { startKafkaCluster, type KafkaCluster } from "@heddle/testkit";

/** One call or message, as it arrived. */
export interface SeenEffect {
  /** Reference name of the task. */
  readonly from: string;
  readonly workflowId: string;
  readonly taskId: string;
}

const TOPIC = "walks";

/**
 * Calls of tasks with the reference name `shaky` fail in the first attempt, also when that is sent again; those of `hanging` get no
 * answer then.
 */
export class OutsideWorld {
  readonly #calls: SeenEffect[] = [];

  private constructor(
    private readonly server: Server,
    private readonly cluster: KafkaCluster,
  ) {
    server.on("request", (request, response) => {
      request.resume();
      const header = (name: string) => String(request.headers[name]);
      const from = (request.url ?? "").slice(1);
      const call = { from, workflowId: header("workflow-id"), taskId: header("task-id") };
      this.#calls.push(call);
      const sameTask = this.#calls.filter(
        (each) => each.from === from && each.workflowId === call.workflowId,
      );
      const attempts = new Set(sameTask.map(({ taskId }) => taskId)).size;
      if (from === "hanging" && attempts === 1) return;
      response.statusCode = from === "shaky" && attempts === 1 ? 503 : 200;
      response.setHeader("content-type", "application/json").end('{"fine":true}');
    });
  }

  static async open(): Promise<OutsideWorld> {
    const cluster = await startKafkaCluster();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new OutsideWorld(server, cluster);
  }

  get surroundings() {
    return { httpHost: this.httpHost, brokers: this.cluster.brokers, topic: TOPIC };
  }

  /** Settings of the processes that reach it. */
  get env() {
    const brokers = this.cluster.brokers.join(",");
    return { EXECUTES_DEFINITIONS: "1", HTTP_HOST: this.httpHost, KAFKA_BROKERS: brokers };
  }

  calls(): readonly SeenEffect[] {
    return this.#calls;
  }

  async messages(): Promise<SeenEffect[]> {
    const messages = await this.cluster.read(TOPIC);
    return messages.map(({ payload, headers = [] }) => {
      const { from, walk } = JSON.parse(payload) as { from: string; walk: string };
      return { from, workflowId: walk, taskId: headers[headers.indexOf("message-id") + 1] ?? "" };
    });
  }

  async close(): Promise<void> {
    await this.cluster.stop();
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private get httpHost(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}
