import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JSONWebKeySet } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { KeySet, keySetOfUrl } from "./key-set.js";

async function publicKey(kid: string): Promise<JSONWebKeySet["keys"][number]> {
  const { publicKey: key } = await generateKeyPair("ES256");
  return { ...(await exportJWK(key)), kid, alg: "ES256" };
}

/** An issuer whose answer and clock the test sets. */
async function openKeySet() {
  const issuer = { keys: [await publicKey("k1")], isDown: false, reads: 0, nowMs: 0, failures: 0 };
  const keySet = new KeySet(
    () => {
      issuer.reads += 1;
      return issuer.isDown ? Promise.reject(new Error("down")) : Promise.resolve({ keys: issuer.keys });
    },
    () => (issuer.failures += 1),
    () => issuer.nowMs,
  );
  const find = async (kid: string) => keySet.keyOf({ alg: "ES256", kid }, { payload: "", signature: "" });
  return { issuer, find };
}

const nameOf = (error: unknown): unknown => (error instanceof Error ? error.name : error);

test("keys are read once for many tokens at once", async () => {
  const { issuer, find } = await openKeySet();
  await Promise.all(Array.from({ length: 50 }, () => find("k1")));
  expect(issuer.reads).toBe(1);
});

test("a rotated key is found, and however many unknown ids come, one read in 30 s", async () => {
  const { issuer, find } = await openKeySet();
  await find("k1");
  issuer.nowMs += 30_000;
  issuer.keys = [...issuer.keys, await publicKey("k2")];
  await find("k2");
  expect(issuer.reads).toBe(2);
  const unknown = Array.from({ length: 200 }, (_, n) => find(`made-up-${n}`).catch(nameOf));
  expect(new Set(await Promise.all(unknown))).toEqual(new Set(["JWKSNoMatchingKey"]));
  expect(issuer.reads).toBe(2);
  issuer.nowMs += 30_000;
  await Promise.allSettled(Array.from({ length: 200 }, () => find("made-up")));
  expect(issuer.reads).toBe(3);
});

test("while the issuer is away known keys stay in use, for unknown ones it is asked once in 30 s", async () => {
  const { issuer, find } = await openKeySet();
  await find("k1");
  issuer.isDown = true;
  issuer.nowMs += 24 * 3_600_000;
  await find("k1");
  await find("k1");
  await expect(find("k2")).rejects.toThrow();
  expect([issuer.reads, issuer.failures]).toEqual([2, 1]);
});

test("a key that the issuer took back is refused after the next read", async () => {
  const { issuer, find } = await openKeySet();
  await find("k1");
  issuer.keys = [await publicKey("k2")];
  issuer.nowMs += 11 * 60_000;
  await find("k1"); // still answered from memory; the set is read meanwhile
  await expect.poll(() => find("k1").catch(nameOf)).toBe("JWKSNoMatchingKey");
});

test("without any set a token is neither good nor bad, and the issuer is asked once a second", async () => {
  const { issuer, find } = await openKeySet();
  issuer.isDown = true;
  for (let attempt = 0; attempt < 5; attempt++) {
    await expect(find("k1")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  }
  expect(issuer.reads).toBe(1);
  issuer.isDown = false;
  issuer.nowMs += 1_000;
  await find("k1");
});

describe("a key set from a URL", () => {
  async function serve(answer: RequestListener): Promise<string> {
    const server = createServer(answer);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  }

  test("is read", async () => {
    const keys = [await publicKey("k1")];
    const url = await serve((_request, response) => response.end(JSON.stringify({ keys })));
    expect(await keySetOfUrl(url)).toEqual({ keys });
  });

  test("is not sought behind a redirect", async () => {
    let followed = 0;
    const target = await serve((_request, response) => {
      followed += 1;
      response.end('{"keys":[]}');
    });
    const url = await serve((_request, response) => response.writeHead(302, { location: target }).end());
    await expect(keySetOfUrl(url)).rejects.toThrow();
    expect(followed).toBe(0);
  });

  test("is not read without end", async () => {
    const url = await serve((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    });
    await expect(keySetOfUrl(url)).rejects.toThrow("larger than");
  });

  test.each([
    ["an error page", 500, "{}"],
    ["no JSON", 200, "<html>"],
    ["another document", 200, '{"keys":{}}'],
  ])("is refused when it is %s", async (_name, status, body) => {
    const url = await serve((_request, response) => response.writeHead(status).end(body));
    await expect(keySetOfUrl(url)).rejects.toThrow();
  });
});
