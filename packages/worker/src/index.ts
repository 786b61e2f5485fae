export { createWorker, Worker } from "./worker.js";
export type { WorkerDescription, WorkerOptions } from "./worker.js";
export type { ObservationDetails, ObservationPoint, Observe } from "./observation.js";
