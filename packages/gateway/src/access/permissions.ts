import { HeddleError, includesRole, PermissionDeniedError, type Role } from "@heddle/protocol";
import type { FastifyContextConfig, FastifyRequest, FastifySchema } from "fastify";

export interface Permission {
  /** Least role of the caller; or `open` to everybody, or to who signs the request, which the route checks itself. */
  readonly needs: Role | "open" | "signature";
  /** Whether a call changes anything; such calls are written to the audit log. */
  readonly changes: boolean;
}

const open: Permission = { needs: "open", changes: false };
export const reads = (needs: Role): Permission => ({ needs, changes: false });
export const changes = (needs: Role): Permission => ({ needs, changes: true });

/**
 * What each operation of the API needs. A route whose operation id is not listed is refused when the gateway is
 * created, so that none can be forgotten.
 */
export const PERMISSIONS: ReadonlyMap<string, Permission> = new Map(
  Object.entries({
    about: open,
    openapi: open,
    isLive: open,
    isReady: open,

    listWorkflows: reads("reader"),
    countWorkflows: reads("reader"),
    describeWorkflow: reads("reader"),
    getWorkflowHistory: reads("reader"),
    followWorkflowHistory: reads("reader"),
    watchWorkflows: reads("reader"),
    getWorkflowResult: reads("reader"),
    getUpdateResult: reads("reader"),
    queryWorkflow: reads("reader"),
    aggregateWorkflows: reads("reader"),
    exportWorkflowHistory: reads("reader"),
    listDeadLetters: reads("reader"),
    describeDeadLetter: reads("reader"),
    listSchedules: reads("reader"),
    describeSchedule: reads("reader"),

    listQueues: reads("reader"),
    describeQueue: reads("reader"),

    completeActivity: changes("worker"),
    failActivity: changes("worker"),
    completeActivityByReference: changes("worker"),
    failActivityByReference: changes("worker"),
    // They record nothing, and would push everything else out of the audit log.
    heartbeatActivity: reads("worker"),
    heartbeatActivityByReference: reads("worker"),

    startWorkflow: changes("signaller"),
    startOrSignal: changes("signaller"),
    startWithUpdate: changes("signaller"),
    signalWorkflow: changes("signaller"),
    updateWorkflow: changes("signaller"),
    ingestEvents: changes("signaller"),
    setWorkflowAttributes: changes("signaller"),
    acceptStartBatch: changes("signaller"),
    acceptSignalBatch: changes("signaller"),

    cancelWorkflow: changes("operator"),
    terminateWorkflow: changes("operator"),
    suspendWorkflow: changes("operator"),
    resumeWorkflow: changes("operator"),
    resetWorkflow: changes("operator"),
    retryWorkflow: changes("operator"),
    forkWorkflow: changes("operator"),
    importWorkflow: changes("operator"),
    bulkCancel: changes("operator"),
    bulkTerminate: changes("operator"),
    bulkSignal: changes("operator"),
    bulkRetry: changes("operator"),
    bulkReset: changes("operator"),
    bulkFork: changes("operator"),

    // A schedule starts, and may end, workflows for as long as it is there.
    createSchedule: changes("operator"),
    updateSchedule: changes("operator"),
    pauseSchedule: changes("operator"),
    resumeSchedule: changes("operator"),
    triggerSchedule: changes("operator"),
    backfillSchedule: changes("operator"),
    deleteSchedule: changes("operator"),

    // Senders of webhooks have no key of ours. routes/webhooks.ts refuses what no configured secret has signed.
    receiveWebhook: { needs: "signature", changes: true },
    redriveDeadLetter: changes("operator"),
    redriveDeadLetters: changes("operator"),
    deleteDeadLetter: changes("operator"),

    createApiKey: changes("admin"),
    listApiKeys: reads("admin"),
    revokeApiKey: changes("admin"),
    rotateApiKey: changes("admin"),
    readAuditLog: reads("admin"),
  }),
);

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a route of a plugin needs; the routes of Heddle's own API are listed in `PERMISSIONS`. */
    permission?: Permission;
    /** Header, in lower case, in which a token may stand that is not in `authorization`. */
    tokenHeader?: string;
  }
}

/** Throws when nobody has decided who may call the operation. */
export function permissionOf({ schema, config }: GuardedRoute): Permission {
  const operationId = schema?.operationId;
  const permission = config?.permission ?? (operationId && PERMISSIONS.get(operationId));
  if (permission) return permission;
  throw new HeddleError(
    "INTERNAL",
    `the operation ${String(operationId)} has no least role; add it to access/permissions.ts, or to the config of a plugin's route`,
  );
}

interface GuardedRoute {
  readonly schema?: FastifySchema | undefined;
  readonly config?: FastifyContextConfig | undefined;
}

/** Throws `PermissionDeniedError` unless a role of the caller includes `needs`. `action` is what he asked for. */
export function assertRole(request: FastifyRequest, needs: Role, action: string): void {
  const { name = "the caller", roles = [] } = request.principal ?? {};
  if (roles.some((role) => includesRole(role, needs))) return;
  const held = roles.length === 0 ? undefined : roles.join(", ");
  const has = held === undefined ? "no role" : `the role ${held}`;
  throw new PermissionDeniedError(`${name} has ${has} in this namespace; ${action} needs the role ${needs}`, {
    details: { needs, has: held },
  });
}
