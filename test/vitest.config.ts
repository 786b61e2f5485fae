import { fileURLToPath } from "node:url";
import { defaultServerConditions, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

const repository = fileURLToPath(new URL("..", import.meta.url));
const redisGlobalSetup = fileURLToPath(new URL("../packages/testkit/src/global-setup.ts", import.meta.url));

// Tests run the sources of every workspace, not its last build. Said once per environment, because
// the global set-up runs in one that `resolve` and `ssr.resolve` do not reach.
const runFromSource: Plugin = {
  name: "heddle:run-from-source",
  configEnvironment: () => ({ resolve: { conditions: ["source", ...defaultServerConditions] } }),
};

const redisTests = "packages/*/src/**/*.redis.test.ts";

export default defineConfig({
  root: repository,
  plugins: [runFromSource],
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real processes, killed and paused on shared cores: on a CI machine a failure is told and tried once more, so that
    // the scheduler of the machine does not decide about a change. A defect fails twice.
    retry: process.env["CI"] === undefined ? 0 : 1,
    reporters: process.env["CI"] === undefined ? ["default"] : ["default", "json"],
    outputFile: { json: ".heddle/test-results.json" },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts"],
          exclude: [redisTests],
        },
      },
      {
        extends: true,
        test: { name: "redis", include: [redisTests], globalSetup: redisGlobalSetup },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: redisGlobalSetup,
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "chaos",
          include: ["test/chaos/**/*.test.ts"],
          globalSetup: redisGlobalSetup,
          testTimeout: 600_000,
        },
      },
    ],
  },
});
