import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { locateKcat } from "./locate-kcat.js";

/** A cluster that speaks the protocol of Kafka on free ports of loopback: the one inside librdkafka, run by kcat. */
export interface KafkaCluster {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** All messages of a topic, read by kcat, each as its JSON envelope: `key`, `payload`, `headers`, `partition`, `offset`. */
  read(topic: string): Promise<KafkaMessage[]>;
  stop(): Promise<void>;
}

export interface KafkaMessage {
  readonly key: string | null;
  readonly payload: string;
  /** Names and values in turn. */
  readonly headers?: readonly string[];
}

/** Creates topics when they are asked for. Keeps nothing when stopped. Throws when there is no kcat and none can be had. */
export async function startKafkaCluster(): Promise<KafkaCluster> {
  const settings = ["-X", "test.mock.num.brokers=2", "-d", "mock"];
  // A producer that waits for input which never comes holds the cluster open.
  const kcat = await locateKcat();
  const child = spawn(kcat.path, ["-P", "-t", "boot", "-b", "ignored:1", ...settings], {
    stdio: ["pipe", "ignore", "pipe"],
    env: kcat.environment,
  });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const brokers = await new Promise<string[]>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`kcat ended with ${code} before its cluster was up`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      const servers = /bootstrap\.servers=(\S+)/.exec(line)?.[1];
      if (servers !== undefined) resolve(servers.split(","));
    });
  });
  return {
    brokers,
    read: async (topic) => {
      const args = ["-C", "-b", brokers.join(","), "-t", topic, "-o", "beginning", "-e", "-q", "-J"];
      const { stdout } = await promisify(execFile)(kcat.path, args, { env: kcat.environment });
      return stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as KafkaMessage);
    },
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
