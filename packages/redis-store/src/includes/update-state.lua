-- @include run-status
-- @include waiter-list
-- Where an update is, as a reply; nil when the run was never asked for it. While it is on its way, `channel` ("" for
-- none) is noted to be told of its progress.
-- run: runId, firstRunId (nil when it is the first of its chain), status
local function update_state(keys, run, updateId, channel)
	local state, waiters = unpack(redis.call("HMGET", keys.signalIds, "u:" .. updateId, "w:" .. updateId))
	if not state then
		return nil
	end
	local firstRunId = run.firstRunId or run.runId
	local index, byRun = string.match(state, "^completed:(%d+):(.+)$")
	if index and byRun == run.runId then
		return { "completed", run.runId, firstRunId, redis.call("LINDEX", keys.history, index) }
	end
	local earlierRun, record = string.match(state, "^answered:([^:]+):(.*)$")
	if earlierRun then
		return { "completed", earlierRun, firstRunId, record }
	end
	-- One that an earlier run completed is gone with its history when there was no room for its answer.
	if index or state == "forgotten" then
		return { "forgotten", run.runId, firstRunId }
	end
	if state == "abandoned" then
		return { "abandoned", run.runId, firstRunId, "continued", "1" }
	end
	local failure = string.match(state, "^rejected:(.*)$")
	if failure then
		return { "rejected", run.runId, firstRunId, failure }
	end
	if not OPEN[run.status] then
		return { "abandoned", run.runId, firstRunId, run.status, state == "accepted" and "1" or "0" }
	end
	local more = channel ~= "" and with_waiter(waiters, channel)
	if more then
		redis.call("HSET", keys.signalIds, "w:" .. updateId, more)
	end
	return { state, run.runId, firstRunId }
end
