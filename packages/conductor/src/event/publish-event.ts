import type { WorkflowClient } from "@heddle/core";
import { WorkflowAlreadyExistsError } from "@heddle/protocol";
import type { MessageSink } from "../system/event/message-sink.js";
import { CONDUCTOR_EVENT, eventRunId, payloadOf, type EventMessage } from "./event-message.js";

const MAX_ATTRIBUTE_BYTES = 256;

type Starter = Pick<WorkflowClient, "start">;

/**
 * Accepts a message: a run of `conductor.event` is started for it. Resolves when it is accepted, and `false` when a message of this
 * event with this id was accepted before: repeating a call whose reply was lost is safe for as long as the run is kept.
 * Errors: those of `WorkflowClient.start`.
 */
export async function publishEvent(client: Starter, message: EventMessage): Promise<boolean> {
  const { event } = message;
  // Found by its event unless that is longer than an attribute may be.
  const attributes = Buffer.byteLength(event) <= MAX_ATTRIBUTE_BYTES ? { event } : {};
  try {
    const { outcome } = await client.start(CONDUCTOR_EVENT, message, {
      ...{ id: eventRunId(message), idConflict: "use-existing", idReuse: "reject" },
      attributes,
    });
    return outcome === "started";
  } catch (error) {
    if (error instanceof WorkflowAlreadyExistsError) return false;
    throw error;
  }
}

/** The provider `conductor` of EVENT tasks: messages go to the event handlers of this namespace. */
export function conductorSink(client: Starter): MessageSink {
  return {
    publish: async ({ id, destination, value }) => {
      await publishEvent(client, {
        event: `conductor:${destination}`,
        messageId: id,
        payload: payloadOf(value),
      });
    },
    close: async () => undefined,
  };
}
