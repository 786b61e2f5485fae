-- @include now-ms
-- @include append-event
-- Ends the attempt that holds `token`, or says "stale" when another attempt, or none, is pending.
-- attempt: activity key, header key, member (of timers), workflowId, runId, seq, token ("" while it backs off)
-- settlement: outcome completed | failed | retry | returned, data, delayMs (retry, returned)
-- Returns settled | retrying | stale and, when the attempt held a slot of a limit, limits and slot.
local function settle_attempt(keys, attempt, settlement)
	local token, number, limits, slot =
		unpack(redis.call("HMGET", attempt.activity, "token", "attempt", "limits", "slot"))
	if not number or (token or "") ~= attempt.token then
		return "stale"
	end
	local runId, status = unpack(redis.call("HMGET", attempt.header, "runId", "status"))
	if runId ~= attempt.runId or not OPEN[status] then
		redis.call("DEL", attempt.activity)
		redis.call("ZREM", keys.timers, attempt.member)
		return "stale"
	end
	if settlement.outcome == "completed" or settlement.outcome == "failed" then
		redis.call("DEL", attempt.activity)
		redis.call("ZREM", keys.timers, attempt.member)
		append_event(keys.lease, keys.inbox, attempt.header, {
			kind = "activity-" .. settlement.outcome, workflowId = attempt.workflowId, runId = runId,
			reference = attempt.seq, extra = number, data = settlement.data,
		})
		return "settled", limits, slot
	end
	local retryAtMs = integer(now_ms() + settlement.delayMs)
	-- No token until the next dispatch: whoever still holds the old one can settle nothing.
	redis.call("HDEL", attempt.activity, "token", "worker", "claimedAtMs", "aliveAtMs", "livenessMs", "heartbeatAtMs",
		"slot")
	redis.call("HSET", attempt.activity, "state", "backing-off", "retryAtMs", retryAtMs, "failure", settlement.data)
	if settlement.outcome == "returned" then
		redis.call("HSET", attempt.activity, "uncounted", "1")
	end
	redis.call("ZADD", keys.timers, retryAtMs, attempt.member)
	-- The owner plans by the earliest due time, which may just have changed.
	wake_owner(keys.lease)
	return "retrying", limits, slot
end
