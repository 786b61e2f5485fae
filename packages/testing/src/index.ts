export { TestEnvironment } from "./test-environment.js";
export type { TestEnvironmentOptions } from "./test-environment.js";
export type { StandIns } from "./stand-ins.js";
export type { ActivityCall } from "./call-log.js";

export { replayHistory } from "./replay-history.js";
export { crashEverywhere } from "./crash/crash-everywhere.js";
export type { CrashOptions, CrashReport } from "./crash/crash-everywhere.js";
export type { PlannedSignal } from "./crash/executed-run.js";
