import type { DocumentStore } from "@heddle/core";
import { z } from "zod";
import { JsonDocuments } from "../metadata/json-documents.js";

const MAX_TAGS = 100;
const text = z.string().max(256);

export const scheduleTags = z.array(z.object({ key: text.min(1), value: text })).max(MAX_TAGS);
export type ScheduleTag = z.output<typeof scheduleTags>[number];

/** Tags of schedules, by the names of the schedules. */
export class ScheduleTags {
  readonly #documents: JsonDocuments<ScheduleTag[]>;

  constructor(store: DocumentStore) {
    this.#documents = new JsonDocuments(store, "schedule-tags", scheduleTags);
  }

  async read(name: string): Promise<readonly ScheduleTag[]> {
    return (await this.#documents.read(name))?.content ?? [];
  }

  /** Of those that have any. */
  async readAll(names: readonly string[]): Promise<ReadonlyMap<string, readonly ScheduleTag[]>> {
    const found = await this.#documents.readAll(names);
    return new Map([...found].map(([name, { content }]) => [name, content]));
  }

  /** In place of those that it had. */
  async set(name: string, tags: readonly ScheduleTag[]): Promise<void> {
    await this.#documents.write(name, [...tags]);
  }

  async remove(name: string, tags: readonly ScheduleTag[]): Promise<void> {
    for (;;) {
      const before = await this.#documents.read(name);
      if (before === undefined) return;
      const { revision, content } = before;
      const rest = content.filter((tag) => !tags.some((gone) => isSame(tag, gone)));
      const reply = await this.#documents.write(name, rest, { revision });
      // Somebody else's change came first: this one is made to its outcome.
      if (reply.outcome === "written") return;
    }
  }

  async removeAll(name: string): Promise<void> {
    await this.#documents.delete(name);
  }
}

function isSame(left: ScheduleTag, right: ScheduleTag): boolean {
  return left.key === right.key && left.value === right.value;
}
