import type { RedisConnectionOptions } from "@heddle/protocol";
import { connectRedis } from "../connection.js";
import { askWithin } from "../redis-failure.js";

const ANSWER_WITHIN_MS = 2_000;

/** Tries the same address without user, password and client certificate. */
export async function answersStrangers(connection: RedisConnectionOptions): Promise<boolean> {
  const client = connectRedis(withoutCredentials(connection), "heddle-inspect-stranger");
  client.on("error", () => undefined); // told by the call that fails
  try {
    await askWithin(ANSWER_WITHIN_MS, () => client.ping());
    return true;
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

function withoutCredentials(connection: RedisConnectionOptions): RedisConnectionOptions {
  const { username: _username, password: _password, tls, ...place } = connection;
  const { cert: _cert, key: _key, ...rest } = (tls ?? {}) as Readonly<Record<string, unknown>>;
  const anonymous = { ...place, ...(tls === undefined ? {} : { tls: rest }) };
  if (!("url" in anonymous)) return anonymous;
  const url = new URL(anonymous.url);
  url.username = "";
  url.password = "";
  return { ...anonymous, url: url.href };
}
