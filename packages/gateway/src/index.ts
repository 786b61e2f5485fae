export { createGateway } from "./create-gateway.js";
export type { Gateway, GatewayLimits, GatewayOptions } from "./create-gateway.js";
export { toPlainJson } from "./json/plain-json.js";
export type { PlainJson } from "./json/plain-json.js";
export type { Problem } from "./problem/problem.js";
