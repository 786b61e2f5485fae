import type { MessageTargets, OwnerStore, ScheduleOwnerStore } from "@heddle/core";
import type { Log } from "@heddle/workflow";
import type { OffloadedValueCache } from "./offloaded-value-cache.js";
import type { RunSurroundings } from "./live-run.js";
import type { CoordinatorObserver, CoordinatorSettings } from "./options.js";
import type { OutboxRelay } from "./outbox-relay.js";
import type { RunCache } from "./run-cache.js";
import type { WorkflowRegistry } from "./workflow-registry.js";

/** What all partitions of a process share. */
export interface OwnerSurroundings {
  readonly store: OwnerStore & MessageTargets & ScheduleOwnerStore;
  readonly registry: WorkflowRegistry;
  readonly cache: RunCache;
  readonly values: OffloadedValueCache;
  readonly relay: OutboxRelay;
  readonly settings: CoordinatorSettings;
  readonly log: Log;
  readonly observe: CoordinatorObserver | undefined;
  readonly createMachine: RunSurroundings["createMachine"];
  readonly newToken: () => string;
  readonly random: () => number;
}
