// Which workspace may import which: the table of docs/architecture.md, enforced by `npm run arrows`.
// What a package may import is listed here and nowhere else; whatever is not listed is forbidden.

const { existsSync, readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");

/** Package folder → the packages it may import. Tests beside the sources may import testkit as well. */
const arrows = {
  protocol: [],
  telemetry: [],
  "embedded-redis": [],
  workflow: ["protocol"],
  // The replay machine runs what authors declare with workflow.
  core: ["protocol", "workflow"],
  "redis-store": ["core", "protocol", "telemetry"],
  "task-queue": ["core", "protocol", "telemetry"],
  coordinator: ["core", "workflow", "protocol", "telemetry"],
  worker: ["core", "workflow", "protocol", "telemetry"],
  client: ["protocol"],
  gateway: ["core", "protocol", "telemetry"],
  conductor: ["core", "workflow", "protocol", "gateway"],
  heddle: [
    ...["core", "workflow", "protocol", "telemetry", "redis-store", "task-queue"],
    ...["coordinator", "worker", "client", "embedded-redis"],
  ],
  // Replays with core what heddle runs.
  testing: ["heddle", "core", "workflow", "protocol", "telemetry", "embedded-redis"],
  examples: ["heddle"],
  // Around the part that a deployed process runs; imported by apps.
  "service-process": ["redis-store", "task-queue", "workflow", "protocol", "telemetry"],
  testkit: ["embedded-redis"],
};

const anyTest = "\\.test\\.ts$";
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const oneOf = (names) => `(?:${names.map(escaped).join("|")})`;

const packages = readdirSync(join(root, "packages")).filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);
const unlisted = packages.filter((name) => !(name in arrows));
if (unlisted.length > 0) {
  throw new Error(`.ci/arrows.cjs says nothing about: ${unlisted.join(", ")}. Add what each may import.`);
}

const readManifest = (workspace) => JSON.parse(readFileSync(join(root, workspace, "package.json"), "utf8"));
const folderOf = new Map(packages.map((name) => [readManifest(`packages/${name}`).name, name]));
const workspaces = [
  ...packages.map((name) => `packages/${name}`),
  ...readdirSync(join(root, "apps"))
    .map((name) => `apps/${name}`)
    .filter((workspace) => existsSync(join(root, workspace, "package.json"))),
  "test",
];

/** The source files that a package offers through the `exports` of its manifest. */
function entrances(name) {
  return Object.values(readManifest(`packages/${name}`).exports ?? {})
    .map((target) => target.source)
    .filter((source) => source !== undefined)
    .map((source) => `packages/${name}/${source.replace(/^\.\//, "")}`);
}

function mayImportOnly(name, { tests }) {
  const allowed = [name, ...arrows[name], ...(tests ? ["testkit"] : [])];
  const importer = `^packages/${escaped(name)}/`;
  return {
    name: `${name}${tests ? "-tests" : ""}-may-import-only`,
    comment: `allowed: ${allowed.slice(1).join(", ") || "no other package"}`,
    severity: "error",
    from: tests ? { path: `${importer}.*${anyTest}` } : { path: importer, pathNot: anyTest },
    to: { path: "^packages/", pathNot: `^packages/${oneOf(allowed)}/` },
  };
}

/** npm links every workspace for everybody, so an unlisted one would be missed only by users. */
function importsOnlyWhatItLists(workspace) {
  const { dependencies, devDependencies } = readManifest(workspace);
  const listed = Object.keys({ ...dependencies, ...devDependencies })
    .map((name) => folderOf.get(name))
    .filter((folder) => folder !== undefined)
    .map((folder) => `^packages/${escaped(folder)}/`);
  return {
    name: `${workspace.replace("/", "-")}-lists-what-it-imports`,
    comment: `List the package in ${workspace}/package.json and in the references of its tsconfig.json.`,
    severity: "error",
    from: { path: `^${escaped(workspace)}/` },
    to: { path: "^packages/", pathNot: [`^${escaped(workspace)}/`, "^packages/testkit/", ...listed] },
  };
}

module.exports = {
  forbidden: [
    ...packages.map((name) => mayImportOnly(name, { tests: false })),
    ...packages.map((name) => mayImportOnly(name, { tests: true })),
    ...workspaces.map(importsOnlyWhatItLists),
    {
      name: "no-cycle",
      comment: "Two files that need each other are one concept, or hide a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "not-through-own-index",
      comment: "The index is the entrance for others; inside, import the file that holds the thing.",
      severity: "error",
      from: { path: "^packages/([^/]+)/src/" },
      to: { path: "^packages/$1/src/index\\.ts$" },
    },
    {
      name: "only-through-the-entrance",
      comment: "Another package is imported by its name, through what its manifest exports.",
      severity: "error",
      from: { path: "^(?:packages/([^/]+)|apps|test)/" },
      to: {
        path: "^packages/",
        pathNot: ["^packages/$1/", `^${oneOf(packages.flatMap(entrances))}$`],
      },
    },
    {
      name: "only-tests-import-testkit",
      comment: "testkit is private and is not shipped.",
      severity: "error",
      from: { path: "^apps/", pathNot: anyTest },
      to: { path: "^packages/testkit/" },
    },
    {
      name: "nobody-imports-an-app",
      comment: "Apps are wiring; tests start them as processes.",
      severity: "error",
      from: { path: "^(packages|test)/" },
      to: { path: "^apps/" },
    },
    {
      name: "apps-do-not-import-each-other",
      comment: "What two apps share belongs to a package.",
      severity: "error",
      from: { path: "^apps/([^/]+)/" },
      to: { path: "^apps/", pathNot: "^apps/$1/" },
    },
    {
      name: "nobody-imports-system-tests",
      comment: "What tests share lives in testkit.",
      severity: "error",
      from: { path: "^(packages|apps)/" },
      to: { path: "^test/" },
    },
    {
      name: "core-has-no-io",
      comment: "core receives Store, TaskQueue, Clock and IdSource.",
      severity: "error",
      from: { path: "^packages/core/", pathNot: anyTest },
      to: {
        dependencyTypes: ["core"],
        path: "^(?:node:)?(?:fs|net|tls|http|https|http2|dns|dgram|child_process|worker_threads|cluster|timers|perf_hooks)(?:/|$)",
      },
    },
    {
      name: "resolvable",
      comment: "The import leads nowhere, or to a package that no manifest lists.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "listed-in-the-manifest",
      comment: "List the package in the package.json of the workspace that imports it.",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    exclude: { path: "^(packages|apps)/[^/]+/dist/" },
    doNotFollow: { path: "(^|/)node_modules/" },
    tsConfig: { fileName: join(root, "test/tsconfig.json") },
    // Type-only imports are arrows too.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "require", "node", "default", "types"],
      mainFields: ["module", "main", "types"],
    },
  },
};
