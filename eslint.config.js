import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const typescript = ["**/*.ts"];
const javascript = ["**/*.{js,mjs,cjs}"];
const tests = ["**/*.test.ts", "test/**/*.ts", "packages/testkit/**/*.ts"];

/** Libraries with one owner each: everybody else goes through the package that wraps them. */
const owned = {
  bullmq: "Only packages/task-queue talks to BullMQ; use its TaskQueue.",
  ioredis: "Only packages/redis-store and packages/task-queue open Redis connections.",
};

/** A later block replaces the options of an earlier one, so each block states its whole list. */
function restrictedImports(...allowed) {
  const paths = Object.entries(owned)
    .filter(([name]) => !allowed.includes(name))
    .map(([name, message]) => ({ name, message }));
  const patterns = [
    { group: ["zod/*"], message: "Import zod from 'zod', so that there is one copy of its types." },
    ...paths.map(({ name, message }) => ({ group: [`${name}/*`], message })),
  ];
  return { "@typescript-eslint/no-restricted-imports": ["error", { paths, patterns }] };
}

const restrictedSyntax = [
  { selector: "TSEnumDeclaration", message: "Use a string union or an `as const` map." },
  { selector: "ExportAllDeclaration", message: "Name each export; an index is a list that is read." },
];

const clockAndRandomness = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: "core has no clock of its own: take the time from Clock or from the event.",
  },
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: "core has no clock of its own: take the time from Clock or from the event.",
  },
  {
    selector: "MemberExpression[object.name='performance'][property.name='now']",
    message: "core has no clock of its own: take the time from Clock or from the event.",
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: "core has no randomness of its own: take ids and seeds from IdSource.",
  },
  {
    selector: "MemberExpression[object.name='crypto'][property.name=/^(randomUUID|getRandomValues)$/]",
    message: "core has no randomness of its own: take ids and seeds from IdSource.",
  },
];

const likelyMistakes = {
  eqeqeq: ["error", "always", { null: "ignore" }],
  "no-async-promise-executor": "error",
  "no-cond-assign": "error",
  "no-constant-binary-expression": "error",
  "no-control-regex": "error",
  "no-self-compare": "error",
  "no-unsafe-finally": "error",
  "no-useless-catch": "error",
  "no-useless-escape": "error",
  "preserve-caught-error": "error",
};

export default defineConfig(
  globalIgnores(["**/dist/", "coverage/", ".heddle/", "test/pages/"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { rules: likelyMistakes },
  {
    files: typescript,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      // One program for the whole repository: the packages' own projects leave the tests out.
      parserOptions: { project: "test/tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...restrictedImports(),
      "no-restricted-syntax": ["error", ...restrictedSyntax],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      // A written default is a decision about the rest; without one every case is named.
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `() => close()` reads better than a block that drops a void.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // `Record<never, never>` is a map without entries: no activities, no signals.
      "@typescript-eslint/no-generated-empty-object-type": "off",
      // `void` is how authors type an input that is not there.
      "@typescript-eslint/no-invalid-void-type": "off",
      // Blind to what callbacks and other tasks change across an await: `if (isStopping)` after one is no mistake.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // An empty environment variable means unset: `||` is right for text.
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      // An async method without await implements a promise-returning interface: its throws reject.
      "@typescript-eslint/require-await": "off",
      // Numbers print as themselves; objects, null and undefined stay forbidden.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["packages/*/src/**/*.ts"],
    ignores: tests,
    rules: { "no-console": "error" },
  },
  {
    files: ["packages/core/src/**/*.ts"],
    ignores: tests,
    rules: {
      "no-restricted-syntax": ["error", ...restrictedSyntax, ...clockAndRandomness],
      "no-restricted-globals": ["error", "setTimeout", "setInterval", "setImmediate", "fetch"],
    },
  },
  { files: ["packages/redis-store/**/*.ts"], rules: restrictedImports("ioredis") },
  { files: ["packages/testkit/**/*.ts"], rules: restrictedImports("ioredis") },
  { files: ["packages/task-queue/**/*.ts"], rules: restrictedImports("ioredis", "bullmq") },
  { files: ["test/**/*.ts"], rules: restrictedImports("ioredis", "bullmq") },
  {
    files: tests,
    rules: {
      // `expect(store.start)` and spies name a method without calling it.
      "@typescript-eslint/unbound-method": "off",
    },
  },
  { files: javascript, extends: [tseslint.configs.recommended] },
  { files: ["**/*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
