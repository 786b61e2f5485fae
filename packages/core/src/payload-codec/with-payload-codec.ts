import type { PayloadCodec, PayloadCodecContext } from "@heddle/protocol";
import type { AcceptingStore } from "../store/accepting-store.js";
import type { ActivityStore } from "../store/activity-store.js";
import type { OwnerStore } from "../store/owner-store.js";
import { acceptingWithCodec } from "./accepting-with-codec.js";
import { owningWithCodec } from "./owning-with-codec.js";
import { SealedPayloads } from "./sealed-payloads.js";
import { workingWithCodec } from "./working-with-codec.js";

/**
 * The same store, whose payloads and failures are encoded before they are sent to it and decoded when they come back.
 * Here, and not where values become payloads, so that whoever uses the store need not know of it.
 */
export function withPayloadCodec<Store extends AcceptingStore & OwnerStore & ActivityStore>(
  store: Store,
  codec: PayloadCodec,
  context: PayloadCodecContext,
): Store {
  const payloads = new SealedPayloads(codec, context);
  return {
    ...store,
    ...acceptingWithCodec(store, payloads),
    ...owningWithCodec(store, payloads),
    ...workingWithCodec(store, payloads),
  };
}
