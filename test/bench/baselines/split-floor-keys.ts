const KEY_TAG = "{split}";

export const INBOX = `${KEY_TAG}:inbox`;
export const INDEX = `${KEY_TAG}:index`;
/** On which the owner tells the client the ids of closed workflows. */
export const CLOSED_CHANNEL = "split:closed";

export const headerKey = (id: string): string => `${KEY_TAG}:workflow:${id}`;
export const historyKey = (id: string): string => `${KEY_TAG}:history:${id}`;
