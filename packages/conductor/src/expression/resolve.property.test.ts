import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePath } from "./expression-path.js";
import { scopeOf } from "./expression-scope.js";
import { resolveTemplate } from "./resolve.js";
import { revealSecrets } from "./secrets.js";
import { escapeTemplate, parseTemplate } from "./template.js";

const json = fc.jsonValue({ maxDepth: 4 });
const plainKey = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/).filter((key) => key !== "__proto__");

/** Pieces of which expressions are made, so that some combinations are whole ones. */
const piece = fc.constantFrom(
  ..."${ } $ $$ $${ . .. [ ] [*] [?( ) @ ' \" \\ \n * , : 0 -1 == && < length() first() .x ['x'] workflow input".split(
    " ",
  ),
  "${workflow.input.a}",
  "${workflow.input.${workflow.input.a}}",
  "${workflow.input..x}",
  "${workflow.secrets.KEY}",
  "${workflow.env.HOME}",
  "${task_ref.output[?(@.a == 'b')]}",
  "\u0000",
  "\ud800",
  "__proto__",
  "constructor",
);
const templateText = fc
  .array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 14 })
  .map((pieces) => pieces.join(""));

const input = fc.oneof(json, fc.record({ a: templateText, b: json }));

test("whatever the text and the document are, a value comes out", () => {
  fc.assert(
    fc.property(templateText, input, json, (text, input, output) => {
      const { value } = resolveTemplate(text, scopeOf({ workflow: { input }, task_ref: { output } }));
      expect(value).not.toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});

test("a text that is one path gives the value itself", () => {
  fc.assert(
    fc.property(fc.array(plainKey, { minLength: 1, maxLength: 5 }), json, (keys, value) => {
      const input = keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
      const scope = scopeOf({ workflow: { input } });
      const expected = value ?? null;
      expect(resolveTemplate(`\${workflow.input.${keys.join(".")}}`, scope).value).toBe(expected);
      const inBrackets = keys.map((key) => `['${key}']`).join("");
      expect(resolveTemplate(`\${workflow.input${inBrackets}}`, scope).value).toBe(expected);
      // What a search finds is in a list.
      expect(resolveTemplate(`\${workflow.input${inBrackets.slice(0, -1)},'-none-']}`, scope).value).toEqual([
        value,
      ]);
    }),
  );
});

test("an escaped text comes out as it was, alone and beside expressions", () => {
  const scope = scopeOf({ workflow: { input: { a: "A" } } });
  fc.assert(
    fc.property(fc.oneof(templateText, fc.string({ unit: "binary" })), (text) => {
      expect(resolveTemplate(escapeTemplate(text), scope).value).toBe(text);
      expect(resolveTemplate(`\${workflow.input.a} ${escapeTemplate(text)}`, scope).value).toBe(`A ${text}`);
    }),
    { numRuns: 1_000 },
  );
});

test("values are data: what looks like an expression inside one stays text", () => {
  fc.assert(
    fc.property(templateText, (text) => {
      const scope = scopeOf({ workflow: { input: { text }, secrets: "no" } });
      const { value, secretPaths } = resolveTemplate(
        { whole: "${workflow.input.text}", part: "<${workflow.input.text}>", in: "${workflow.input}" },
        scope,
      );
      expect(value).toEqual({ whole: text, part: `<${text}>`, in: { text } });
      expect(secretPaths).toEqual([]);
    }),
  );
});

test("data never makes a secret appear, and is unchanged where one is put in", () => {
  const canary = "canary-7f3a";
  fc.assert(
    fc.property(templateText, (text) => {
      const scope = scopeOf({ workflow: { input: { text } } });
      const template = {
        data: "${workflow.input.text}",
        both: "${workflow.secrets.KEY}/${workflow.input.text}",
        only: "${workflow.secrets.KEY}",
      };
      const { value, secretPaths } = resolveTemplate(template, scope);
      expect(JSON.stringify(value)).not.toContain(canary);
      expect(revealSecrets(value, secretPaths, { KEY: canary })).toEqual({
        data: text,
        both: `${canary}/${text}`,
        only: canary,
      });
    }),
  );
});

test("no expression sees the environment of the process", () => {
  const name = "HEDDLE_TEST_CANARY";
  const canary = "canary-c41d";
  process.env[name] = canary;
  const names = fc.constantFrom(name, "PATH", "process", "env", "workflow", "global", "constructor", "input");
  const path = fc
    .array(fc.tuple(fc.constantFrom(".", "..", "['", "[?@."), names), { minLength: 1, maxLength: 5 })
    .map((steps) =>
      steps
        .map(([before, step]) => before + step + (before === "['" ? "']" : before === "[?@." ? "]" : ""))
        .join(""),
    );
  try {
    fc.assert(
      fc.property(
        fc.oneof(names, path),
        fc.constantFrom("", "workflow", "workflow.env", "$"),
        (path, start) => {
          const scope = scopeOf({ workflow: { input: {} } });
          const { value } = resolveTemplate([`\${${start}${path}}`, `<\${${start}${path}}>`], scope);
          expect(JSON.stringify(value)).not.toContain(canary);
        },
      ),
      { numRuns: 1_000 },
    );
  } finally {
    Reflect.deleteProperty(process.env, name);
  }
});

/** A view of a document that counts how often its parts are looked at, and ends what looks for ever. */
function counted(value: unknown, count: { reads: number }): unknown {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get: (target, key, receiver) => {
      count.reads += 1;
      if (count.reads > 10_000_000) throw new Error("looked at too often");
      return counted(Reflect.get(target, key, receiver), count);
    },
  });
}

function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((total, child) => total + sizeOf(child), 1);
}

test("the work of a path grows no faster than the document, however it is written", () => {
  const step = fc.constantFrom(
    ..."..a ..[*] .* [*] [0] [0,0] ['a','b'] [0:2] [?@.a] [?@..a] [?@[*]] [?@.a==1] [?@[?@.a]] .a .b".split(
      " ",
    ),
    "[?$..a]",
    "[?@ == $.workflow]",
    "[?$.workflow == $.workflow]",
    "[?count($..*) > 1]",
    "[?count(@.*) > 1]",
  );
  // The same few steps again and again, over a document in which every step finds something.
  const steps = fc
    .tuple(fc.array(step, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 4 }))
    .map(([some, times]) => Array.from({ length: times }, () => some).flat());
  const leaf = fc.constantFrom<unknown>(1, "text", null);
  const { document } = fc.letrec<{ document: unknown }>((tie) => ({
    document: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      leaf,
      fc.array(tie("document"), { minLength: 1, maxLength: 4 }),
      fc.record({ a: tie("document"), b: tie("document") }),
    ),
  }));
  fc.assert(
    fc.property(steps, document, (path, part) => {
      const parsed = parsePath(`$.workflow${path.join("")}`);
      if ("problem" in parsed) return;
      const readsFor = (copies: number) => {
        const count = { reads: 0 };
        const document = { workflow: Array.from({ length: copies }, () => part) };
        parsed.evaluate(scopeOf(counted(document, count) as Record<string, unknown>), {});
        return count.reads;
      };
      const [few, many] = [readsFor(4), readsFor(64)];
      expect(many).toBeLessThanOrEqual((64 / 4) * few + 100);
      // Unions may overlap 16 times; `..`, the dearest step, takes 5 reads per value.
      expect(many).toBeLessThan(16 * 5 * path.length * 64 * sizeOf(part));
    }),
    { numRuns: 2_000 },
  );
});

test("a text of a million braces is read in one pass", () => {
  for (const text of ["${".repeat(500_000), "{".repeat(1e6), "${a".repeat(300_000) + "}".repeat(300_000)]) {
    expect(parseTemplate(text)).toHaveLength(1);
  }
  expect(parseTemplate("${a}".repeat(100_000))).toHaveLength(100_000);
});
