import { InvalidArgumentError } from "@heddle/protocol";
import { expect, test } from "vitest";
import { parseHttpRequest } from "./http-request.js";

const uri = "http://a.example/x";

test("input is read flat and under `http_request`, with Conductor's defaults", () => {
  const expected = {
    url: new URL(uri),
    method: "GET",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: undefined,
    connectTimeoutMs: 3_000,
    readTimeoutMs: 3_000,
  };
  expect(parseHttpRequest({ uri, method: "get" })).toEqual(expected);
  expect(parseHttpRequest({ http_request: { uri, method: "GET", vipAddress: "x", encode: true } })).toEqual(
    expected,
  );
});

test("numbers may come as text, accept as a list", () => {
  const { headers, connectTimeoutMs, readTimeoutMs } = parseHttpRequest({
    uri,
    method: "POST",
    accept: ["text/plain", "application/json"],
    contentType: "text/plain",
    connectionTimeOut: "100",
    readTimeOut: 150,
    headers: { "X-Count": 3, "X-Many": ["a", "b"], "X-None": null },
  });
  expect({ connectTimeoutMs, readTimeoutMs }).toEqual({ connectTimeoutMs: 100, readTimeoutMs: 150 });
  expect(headers).toEqual({
    accept: "text/plain, application/json",
    "content-type": "text/plain",
    "x-count": "3",
    "x-many": "a, b",
  });
});

test.each<[unknown, string | undefined, string | undefined]>([
  [{ a: [1, null] }, undefined, '{"a":[1,null]}'],
  [7, undefined, "7"],
  ["as it is", undefined, "as it is"],
  [null, undefined, undefined],
  [{ a: 1, b: "x y" }, "application/x-www-form-urlencoded", "a=1&b=x+y"],
])("body %j of type %s is sent as %s", (body, contentType, sent) => {
  expect(parseHttpRequest({ uri, method: "POST", body, contentType }).body).toBe(sent);
});

test("headers of the connection are the client's, not the task's", () => {
  const { headers } = parseHttpRequest({
    uri,
    method: "GET",
    headers: {
      Host: "inner",
      "Content-Length": "3",
      "Transfer-Encoding": "chunked",
      Connection: "close",
      X: "y",
    },
  });
  expect(Object.keys(headers)).toEqual(["accept", "content-type", "x"]);
});

test.each<[string, Record<string, unknown>, string | RegExp]>([
  ["uri", { method: "GET" }, /^Missing HTTP URI/],
  ["uri", { uri: " ", method: "GET" }, /^Missing HTTP URI/],
  ["uri", { http_request: {} }, /^Missing HTTP URI/],
  ["method", { uri }, "No HTTP method specified"],
  ["method", { uri, method: "TRACE" }, /TRACE/],
  ["method", { uri, method: "GET\r\nX: y" }, /no HTTP method/],
  ["uri", { uri: "/relative", method: "GET" }, /no absolute URL/],
  ["uri", { uri: "http://", method: "GET" }, /no absolute URL/],
  ["uri", { uri: "file:///etc/passwd", method: "GET" }, /scheme "file:"/],
  ["uri", { uri: "gopher://a.example/_x", method: "GET" }, /scheme/],
  ["uri", { uri: "ftp://a.example", method: "GET" }, /scheme/],
  ["uri", { uri: "javascript:alert(1)", method: "GET" }, /scheme/],
  ["uri", { uri: "http://user@a.example/", method: "GET" }, /user name/],
  ["uri", { uri: "http://:secret@a.example/", method: "GET" }, /user name/],
  ["uri", { uri: "http://a.example/\r\nX: y", method: "GET" }, /control characters/],
  ["uri", { uri: "http://a.exa\tmple/", method: "GET" }, /control characters/],
  ["headers", { uri, method: "GET", headers: { "X-A": "b\r\nX-C: d" } }, /"x-a"/],
  ["headers", { uri, method: "GET", headers: { "X A": "b" } }, /characters that no header/],
  ["headers", { uri, method: "GET", headers: { "X\r\n": "b" } }, /characters that no header/],
  ["headers", { uri, method: "GET", contentType: "a\nb" }, /"content-type"/],
  ["headers", { uri, method: "GET", accept: ["a\r\nb"] }, /"accept"/],
  ["headers", { uri, method: "GET", headers: "no map" }, /headers/],
  ["headers.X", { uri, method: "GET", headers: { X: {} } }, /headers.X/],
  ["readTimeOut", { uri, method: "GET", readTimeOut: "soon" }, /milliseconds/],
  ["connectionTimeOut", { uri, method: "GET", connectionTimeOut: -1 }, /connectionTimeOut/],
  ["", { http_request: "text" }, /./],
])("a fault of %s is named: %j", (field, input, message) => {
  const parse = () => parseHttpRequest(input);
  expect(parse).toThrow(InvalidArgumentError);
  expect(parse).toThrow(message);
  expect(() => parse()).toThrow(expect.objectContaining({ details: { field } }));
});
