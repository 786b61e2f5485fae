export { BullTaskQueue, createTaskQueue } from "./bull-task-queue.js";
export type { TaskQueueOptions } from "./bull-task-queue.js";
