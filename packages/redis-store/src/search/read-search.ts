import type { Attributes, Payload } from "@heddle/protocol";
import { Unpackr } from "msgpackr";
import type { StoreContext } from "../store-context.js";
import { attributesOf } from "./terms.js";

const unpackr = new Unpackr({ useRecords: false });

export async function readAttributes(
  context: StoreContext,
  workflowId: string,
): Promise<Attributes | undefined> {
  const { attributes } = context.keys.partitionOf(workflowId);
  const record = await context.ask((client) => client.hgetBuffer(attributes, workflowId));
  return record === null ? undefined : attributesIn(record);
}

/** Of a stored record. */
export function attributesIn(record: Uint8Array): Attributes {
  const [_type, ...terms] = unpackr.unpack(record) as string[];
  return attributesOf(terms);
}

export async function readMemo(context: StoreContext, workflowId: string): Promise<Payload | undefined> {
  const { memos } = context.keys.partitionOf(workflowId);
  return (await context.ask((client) => client.hgetBuffer(memos, workflowId))) ?? undefined;
}
