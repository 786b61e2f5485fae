import type { HistoryEntry, WorkflowClient } from "@heddle/core";
import { isClosedStatus, type WorkflowSummary } from "@heddle/protocol";
import type { JsonMap } from "../definition/json-bean.js";
import type { EventExecution } from "./event-execution.js";
import { CONDUCTOR_EVENT, type EventMessage } from "./event-message.js";
import { queryEventExecutions } from "./event-workflow.js";

/** A message that was accepted, with what became of the actions so far. */
export interface HandledMessage extends EventMessage {
  readonly createdAt: number;
  readonly isHandled: boolean;
  readonly executions: readonly EventExecution[];
}

export interface MessageFilter {
  readonly event?: string | undefined;
  /** Name of a handler that was active when the message came. */
  readonly eventHandler?: string | undefined;
}

/** The messages that the namespace keeps: those that are handled, and those of the last days. */
export class EventMessages {
  constructor(private readonly client: WorkflowClient) {}

  count(filter: MessageFilter & { readonly isOpen?: boolean }): Promise<number> {
    const status = filter.isOpen === true ? { status: ["pending", "running"] as const } : {};
    return this.client.count({ ...runsOf(filter), ...status });
  }

  /** Newest first. */
  async page(
    filter: MessageFilter,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<HandledMessage[]> {
    const { items } = await this.client.list({ ...runsOf(filter), ...page });
    return Promise.all(items.map((run) => this.#read(run)));
  }

  async #read({ id, status, createdAt }: WorkflowSummary): Promise<HandledMessage> {
    // One that ends meanwhile answers no more, and then its history has the end.
    const open = isClosedStatus(status) ? undefined : await this.client.query(id, queryEventExecutions.name);
    const history = await this.client.history(id);
    const message = history[0]?.["input"] as EventMessage;
    const last = history.at(-1);
    return {
      ...message,
      createdAt: new Date(createdAt).getTime(),
      isHandled: last?.kind === "completed",
      executions: ((isEnd(last) ? last["result"] : open) ?? []) as readonly EventExecution[],
    };
  }
}

function isEnd(entry: HistoryEntry | undefined): entry is HistoryEntry {
  return entry?.kind === "completed";
}

function runsOf({ event, eventHandler }: MessageFilter) {
  const attributes = {
    ...(event === undefined ? {} : { event }),
    ...(eventHandler === undefined ? {} : { eventHandlers: { contains: eventHandler } }),
  };
  return { type: CONDUCTOR_EVENT, attributes };
}

/** As Conductor's clients show a message. */
export function messageJson({ event, messageId, payload, ...message }: HandledMessage): JsonMap {
  const separator = event.indexOf(":");
  return {
    ...{ id: messageId, createdAt: message.createdAt },
    ...{ eventType: event.slice(0, separator), eventTarget: event.slice(separator + 1) },
    ...{ payload: JSON.stringify(payload), fullPayload: payload },
    status: message.isHandled ? "HANDLED" : "RECEIVED",
    eventExecutions: message.executions,
  };
}
