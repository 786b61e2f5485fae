export { createGateway } from "./create-gateway.js";
export type { Gateway, GatewayLimits, GatewayOptions } from "./create-gateway.js";
export { TOKEN_ALGORITHMS } from "./access/json-web-token.js";
export type { TokenOptions } from "./access/json-web-token.js";
export type { Credentials } from "./access/authenticator.js";
export type { GatewayAccess } from "./access/guard-routes.js";
export { toPlainJson } from "./json/plain-json.js";
export type { PlainJson } from "./json/plain-json.js";
export type { Problem } from "./problem/problem.js";
