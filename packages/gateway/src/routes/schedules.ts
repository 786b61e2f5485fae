import { MAX_PAGE, type ScheduleClient } from "@heddle/core";
import { z } from "zod";
import type { GatewayApp } from "../gateway-app.js";
import { operationByKey, operationKeyHeader } from "./operation-key.js";
import { wholeNumber } from "./parameters.js";
import { jsonReply, PROBLEMS } from "./replies.js";
import {
  backfillBody,
  backfillOptionsOf,
  createBody,
  noteBody,
  scheduleChangesOf,
  scheduleOptionsOf,
  triggerBody,
  updateBody,
} from "./schedule-fields.js";
import {
  descriptionReply,
  pageReply,
  scheduleAcknowledgement,
  scheduleDescription,
  schedulePage,
  triggerAcknowledgement,
} from "./schedule-replies.js";
import { API_PREFIX } from "./workflow-url.js";

const schedulePath = z.object({ id: z.string().describe("Schedule id, percent-encoded") });
const accepted = jsonReply("Accepted; done in the order of acceptance", scheduleAcknowledgement);
const tags = ["schedules"];

/** Creates, shows and steers schedules. Every change takes an `Idempotency-Key`. */
export function schedules(api: GatewayApp, client: ScheduleClient): void {
  createRoute(api, client);
  readingRoutes(api, client);
  changingRoutes(api, client);
  pauseRoute(api, client, "pause", "Let later ticks start nothing until it is resumed");
  pauseRoute(api, client, "resume", "Let it tick on from now");
  startingRoutes(api, client);
}

function createRoute(api: GatewayApp, client: ScheduleClient): void {
  api.post(
    "/schedules",
    {
      schema: {
        operationId: "createSchedule",
        summary: "Start a workflow by cron or at an interval",
        ...{ tags, headers: operationKeyHeader, body: createBody },
        response: { 201: jsonReply("Stored", scheduleAcknowledgement), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { id } = request.body;
      await client.create(scheduleOptionsOf(request.body), operationByKey(request, id));
      return reply
        .code(201)
        .header("location", `${API_PREFIX}/schedules/${encodeURIComponent(id)}`)
        .send({ id });
    },
  );
}

function readingRoutes(api: GatewayApp, client: ScheduleClient): void {
  api.get(
    "/schedules",
    {
      schema: {
        operationId: "listSchedules",
        summary: "List schedules by id",
        tags,
        querystring: z.strictObject({
          limit: wholeNumber({
            ...{ least: 1, most: MAX_PAGE },
            description: "Items of a page. Without it: 50",
          }).optional(),
          cursor: z.string().optional().describe("`cursor` of the page before"),
        }),
        response: { 200: jsonReply("One page", schedulePage), ...PROBLEMS },
      },
    },
    async ({ query: { limit, cursor } }) =>
      pageReply(
        await client.list({
          ...(limit === undefined ? {} : { limit }),
          ...(cursor === undefined ? {} : { cursor }),
        }),
      ),
  );
  api.get(
    "/schedules/:id",
    {
      schema: {
        operationId: "describeSchedule",
        summary: "What a schedule starts and when, and what it has started",
        ...{ tags, params: schedulePath },
        querystring: z.strictObject({
          nextTimes: wholeNumber({
            ...{ least: 0, most: 1_000 },
            description: "How many of the next ticks to tell. Without it: 10",
          }).optional(),
        }),
        response: { 200: jsonReply("The schedule", scheduleDescription), ...PROBLEMS },
      },
    },
    async ({ params, query: { nextTimes } }) =>
      descriptionReply(await client.describe(params.id, nextTimes === undefined ? {} : { nextTimes })),
  );
}

function changingRoutes(api: GatewayApp, client: ScheduleClient): void {
  api.patch(
    "/schedules/:id",
    {
      schema: {
        operationId: "updateSchedule",
        summary: "Change what the body names and leave the rest",
        ...{ tags, params: schedulePath, headers: operationKeyHeader, body: updateBody },
        response: { 202: accepted, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await client.update(id, scheduleChangesOf(request.body), operationByKey(request, id));
      return reply.code(202).send({ id });
    },
  );
  api.delete(
    "/schedules/:id",
    {
      schema: {
        operationId: "deleteSchedule",
        summary: "Start nothing any more; runs that it has started go on",
        ...{ tags, params: schedulePath, headers: operationKeyHeader },
        response: { 200: jsonReply("Deleted", scheduleAcknowledgement), ...PROBLEMS },
      },
    },
    async (request) => {
      const { id } = request.params;
      await client.delete(id, operationByKey(request, id));
      return { id };
    },
  );
}

function pauseRoute(
  api: GatewayApp,
  client: ScheduleClient,
  verb: "pause" | "resume",
  summary: string,
): void {
  api.post(
    `/schedules/:id/${verb}`,
    {
      schema: {
        operationId: `${verb}Schedule`,
        ...{ summary, tags, params: schedulePath, headers: operationKeyHeader, body: noteBody },
        response: { 202: accepted, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await client[verb](id, request.body.note, operationByKey(request, id));
      return reply.code(202).send({ id });
    },
  );
}

function startingRoutes(api: GatewayApp, client: ScheduleClient): void {
  api.post(
    "/schedules/:id/trigger",
    {
      schema: {
        operationId: "triggerSchedule",
        summary: "Start its workflow now, also while it is paused",
        ...{ tags, params: schedulePath, headers: operationKeyHeader, body: triggerBody },
        response: { 202: jsonReply("Accepted", triggerAcknowledgement), ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { workflowId } = await client.trigger(id, request.body, operationByKey(request, id));
      return reply.code(202).send({ id, workflowId });
    },
  );
  api.post(
    "/schedules/:id/backfill",
    {
      schema: {
        operationId: "backfillSchedule",
        summary: "Start its workflow for each tick of a range that has passed",
        ...{ tags, params: schedulePath, headers: operationKeyHeader, body: backfillBody },
        response: { 202: accepted, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await client.backfill(id, backfillOptionsOf(request.body), operationByKey(request, id));
      return reply.code(202).send({ id });
    },
  );
}
