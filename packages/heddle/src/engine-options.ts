import type { CoordinatorObserver, CoordinatorSettings } from "@heddle/coordinator";
import type { PayloadCodec, RedisConnectionOptions } from "@heddle/protocol";
import type { Logger } from "@heddle/telemetry";
import type { ActivityMap, AnyActivity } from "@heddle/workflow";
import type { Role } from "./roles.js";
import type { WorkflowCollection } from "./workflow-types.js";

export interface EngineOptions<Workflows extends WorkflowCollection = readonly []> {
  /** Where Redis is. Without `redis` and `url`: `REDIS_URL`, else a Redis of its own in `.heddle/redis`. */
  readonly redis?: RedisConnectionOptions;
  readonly url?: string;
  /** Tenant. Default `default`. */
  readonly namespace?: string;
  /** First part of every key. Default `heddle`. */
  readonly prefix?: string;
  /** Chosen once per namespace. Default 16. */
  readonly partitions?: number;
  readonly workflows?: Workflows;
  readonly activities?: ActivityMap | readonly AnyActivity[];
  /** Default: all three in this process. `["client"]` starts, signals and queries only. */
  readonly roles?: readonly Role[];
  /** Queues that this process's worker serves. Default: those its activities name. */
  readonly queues?: readonly string[];
  /** Activities at once, per queue. Default 100. */
  readonly concurrency?: number;
  /** How long running activities may take to end on `shutdown`. Default 10 s. */
  readonly drainMs?: number;
  /** Limit of one payload in encoded bytes. Default 1 MiB. */
  readonly maxPayloadBytes?: number;
  /** Encodes every payload and failure before Redis gets it; the same in all processes of the namespace. Default: none. */
  readonly codec?: PayloadCodec;
  readonly log?: Logger;
  readonly coordinator?: Partial<CoordinatorSettings>;
  readonly observe?: CoordinatorObserver;
}
