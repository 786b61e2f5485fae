-- @include append-event
-- @include update-state
-- Appends a request to update an open run that does not know it yet, and notes `channel` ("" for none) to be told of
-- its progress. The caller has checked caps. Returns the state as a reply.
-- run: workflowId, runId, firstRunId (as `update_state`); update: id, name, input
local function admit_update(keys, run, update, channel)
	redis.call("HSET", keys.signalIds, "u:" .. update.id, "admitted")
	if channel ~= "" then
		redis.call("HSET", keys.signalIds, "w:" .. update.id, channel)
	end
	append_event(keys.lease, keys.inbox, keys.header, {
		kind = "update", workflowId = run.workflowId, runId = run.runId,
		name = update.name, reference = update.id, data = update.input,
	})
	return { "admitted", run.runId, run.firstRunId or run.runId }
end
