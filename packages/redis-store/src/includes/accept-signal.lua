-- @include append-event
-- @include operations
-- Whether this signal was accepted before: by its own id for the run's life, by its operation id for a while.
local function signal_applied(keys, signal)
	if signal.key ~= "" then
		return redis.call("HEXISTS", keys.signalIds, signal.key) == 1
	end
	return operation_applied(keys.operations, signal.operationId)
end

-- Remembers a signal and appends it. The caller has checked the run, duplicates and caps.
local function accept_signal(keys, workflowId, runId, signal, now)
	if signal.key ~= "" then
		redis.call("HSET", keys.signalIds, signal.key, "1")
	else
		remember_operation(keys.operations, signal.operationId, now, now)
	end
	append_event(keys.lease, keys.inbox, keys.header, {
		kind = "signal", workflowId = workflowId, runId = runId,
		name = signal.name, reference = signal.id, data = signal.payload,
	})
end
