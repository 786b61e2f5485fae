export { createLogger, LOG_LEVELS } from "./logger.js";
export type { Logger, LoggerOptions, LogLevel } from "./logger.js";
export { LOG_EVENTS, METRICS } from "./names.js";
export { messageFirstLog } from "./message-first-log.js";
export type { MessageFirstLog } from "./message-first-log.js";
