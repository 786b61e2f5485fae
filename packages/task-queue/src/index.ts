export { BullTaskQueue, createTaskQueue } from "./bull-task-queue.js";
export type { TaskQueueOptions } from "./bull-task-queue.js";
export { consumeForeignJobs } from "./foreign-job-consumer.js";
export type { ForeignJobConsumerOptions } from "./foreign-job-consumer.js";
