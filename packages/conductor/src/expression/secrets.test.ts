import { expect, test } from "vitest";
import { scopeOf } from "./expression-scope.js";
import { resolveTemplate } from "./resolve.js";
import { revealSecrets } from "./secrets.js";

const secrets = { TOKEN: "t0p", DB: '{"user":"u","ports":[1,2]}' };

function stored(template: unknown, input: Record<string, unknown> = {}) {
  return resolveTemplate(template, scopeOf({ workflow: { input } }));
}

test("what is stored holds the reference, what a worker gets holds the secret", () => {
  const template = {
    headers: [{ authorization: "Bearer ${workflow.secrets.TOKEN}" }, "${workflow.input.x}"],
    user: "${workflow.secrets.DB.user}",
    ports: "${workflow.secrets.DB.ports}",
    unknown: "${workflow.secrets.NONE}",
    inherited: "<${workflow.secrets.constructor}>",
  };
  const { value, secretPaths } = stored(template, { x: 1 });
  expect(value).toEqual({ ...template, headers: [template.headers[0], 1] });
  expect(revealSecrets(value, secretPaths, secrets)).toEqual({
    headers: [{ authorization: "Bearer t0p" }, 1],
    user: "u",
    ports: [1, 2],
    unknown: null,
    inherited: "<null>",
  });
  expect(value).toEqual({ ...template, headers: [template.headers[0], 1] });
});

test("data that reads like a reference stays text, alone and beside a secret", () => {
  const evil = "${workflow.secrets.TOKEN}";
  const { value, secretPaths } = stored(
    {
      data: "${workflow.input.evil}",
      both: "${workflow.secrets.TOKEN} ${workflow.input.evil}",
      lit: "$${a} ${workflow.secrets.TOKEN}",
    },
    { evil },
  );
  expect(revealSecrets(value, secretPaths, secrets)).toEqual({
    data: evil,
    both: `t0p ${evil}`,
    lit: "${a} t0p",
  });
});

test("a secret is no part of a path, of a search or of the document", () => {
  for (const template of [
    "${workflow.input.${workflow.secrets.TOKEN}}",
    "${workflow.secrets.${workflow.input.name}}",
    "${workflow.secrets}",
    "${workflow['secrets'].TOKEN.length()}",
  ]) {
    const { value, secretPaths } = stored(template, { name: "TOKEN", t0p: "found" });
    expect(revealSecrets(value, secretPaths, secrets)).toBeNull();
  }
});
