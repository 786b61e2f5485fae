import type { DocumentStore } from "@heddle/core";
import { HeddleError } from "@heddle/protocol";
import { eventHandler, type EventHandler } from "../definition/event-handler.js";
import { JsonDocuments } from "./json-documents.js";

/** The event handlers that are registered in a namespace, by their names. */
export class EventHandlerStore {
  readonly #handlers: JsonDocuments<EventHandler>;

  constructor(store: DocumentStore) {
    this.#handlers = new JsonDocuments(store, "event-handlers", eventHandler);
  }

  /** Throws `DEFINITION_NOT_FOUND`. */
  async read(name: string): Promise<EventHandler> {
    const found = await this.#handlers.read(name);
    if (found === undefined) throw noSuchHandler(name);
    return found.content;
  }

  /** In the order of their names: all of them, or those of one event, or the active ones. */
  async list(
    filter: { readonly event?: string; readonly activeOnly?: boolean } = {},
  ): Promise<EventHandler[]> {
    const found: EventHandler[] = [];
    for await (const { content } of this.#handlers.each()) {
      if (filter.event !== undefined && content.event !== filter.event) continue;
      if (filter.activeOnly !== true || content.active) found.push(content);
    }
    return found;
  }

  /** Throws `DEFINITION_ALREADY_EXISTS` when the name is taken. */
  async add(handler: EventHandler): Promise<void> {
    const { outcome } = await this.#handlers.write(handler.name, handler, "absent");
    if (outcome === "written") return;
    throw new HeddleError(
      "DEFINITION_ALREADY_EXISTS",
      `EventHandler with name ${handler.name} already exists; change it with PUT /api/event, or take another name`,
      { details: { name: handler.name } },
    );
  }

  /** Throws `DEFINITION_NOT_FOUND`. */
  async replace(handler: EventHandler): Promise<void> {
    const { outcome } = await this.#handlers.write(handler.name, handler, "present");
    if (outcome === "refused") throw noSuchHandler(handler.name);
  }

  /** Messages that came before are still handled by it. Throws `DEFINITION_NOT_FOUND`. */
  async delete(name: string): Promise<void> {
    if (!(await this.#handlers.delete(name))) throw noSuchHandler(name);
  }
}

function noSuchHandler(name: string): HeddleError {
  return new HeddleError(
    "DEFINITION_NOT_FOUND",
    `EventHandler with name ${name} not found; register it with POST /api/event`,
    { details: { name } },
  );
}
