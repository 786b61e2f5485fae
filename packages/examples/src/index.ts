import { approval } from "./approval/approval.js";
import { orderActivities } from "./approval/order-activities.js";
import { reminder, reminderActivities } from "./reminder.js";
import { quoteActivities, supplierQuotes } from "./supplier-quotes.js";

// What a coordinator and a worker load.
export const workflows = { approval, supplierQuotes, reminder };
export const activities = { ...orderActivities, ...quoteActivities, ...reminderActivities };

// Handles and types of those who start, signal and query.
export { approvalSignal, phaseQuery } from "./approval/approval.js";
export type { ApprovalInput, ApprovalSummary, Decision, Phase } from "./approval/approval.js";
export { doneSignal } from "./reminder.js";
export type { Quote } from "./supplier-quotes.js";
