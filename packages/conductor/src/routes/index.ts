export { conductorPlugin } from "./conductor-plugin.js";
export type { ConductorPluginOptions } from "./conductor-plugin.js";
