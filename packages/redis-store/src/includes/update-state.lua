-- @include run-status
-- @include waiter-list
-- Where an update is, as a reply; nil when the run was never asked for it. While it is on its way, `channel` ("" for
-- none) is noted to be told of its progress.
-- run: runId, status
local function update_state(keys, run, updateId, channel)
	local state, waiters = unpack(redis.call("HMGET", keys.signalIds, "u:" .. updateId, "w:" .. updateId))
	if not state then
		return nil
	end
	local index, byRun = string.match(state, "^completed:(%d+):(.+)$")
	if index and byRun == run.runId then
		return { "completed", run.runId, redis.call("LINDEX", keys.history, index) }
	end
	-- It was an earlier run's of the chain, whose history is gone with its results.
	if index or state == "abandoned" then
		return { "abandoned", run.runId, "continued", "1" }
	end
	local failure = string.match(state, "^rejected:(.*)$")
	if failure then
		return { "rejected", run.runId, failure }
	end
	if not OPEN[run.status] then
		return { "abandoned", run.runId, run.status, state == "accepted" and "1" or "0" }
	end
	local more = channel ~= "" and with_waiter(waiters, channel)
	if more then
		redis.call("HSET", keys.signalIds, "w:" .. updateId, more)
	end
	return { state, run.runId }
end
