export { Sandbox } from "./system/sandbox/sandbox.js";
export type { SandboxOptions } from "./system/sandbox/sandbox.js";
