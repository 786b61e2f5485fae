-- @include append-event
-- How long an operation id is remembered, in ms: longer than any notAfterMs lies ahead.
local OPERATION_MEMORY_MS = 30000

-- Whether this signal was accepted before: by its own id for the run's life, by its operation id for a while.
local function signal_applied(keys, signal)
	if signal.key ~= "" then
		return redis.call("HEXISTS", keys.signalIds, signal.key) == 1
	end
	return redis.call("ZSCORE", keys.operations, signal.operationId) ~= false
end

-- Remembers a signal and appends it. The caller has checked the run, duplicates and caps. One with neither key nor
-- operation id is a message of another run, which is remembered as such.
local function accept_signal(keys, workflowId, runId, signal, now)
	if signal.key ~= "" then
		redis.call("HSET", keys.signalIds, signal.key, "1")
	elseif signal.operationId ~= "" then
		redis.call("ZADD", keys.operations, integer(now), signal.operationId)
		-- A few at a time, now and then: more are forgotten than remembered, and the server is never held up.
		if now % 8 == 0 then
			local expired = redis.call("ZRANGEBYSCORE", keys.operations, "-inf",
				integer(now - OPERATION_MEMORY_MS), "LIMIT", 0, 32)
			if #expired > 0 then
				redis.call("ZREM", keys.operations, unpack(expired))
			end
		end
	end
	append_event(keys.lease, keys.inbox, keys.header, {
		kind = "signal", workflowId = workflowId, runId = runId,
		name = signal.name, reference = signal.id, data = signal.payload,
	})
end
