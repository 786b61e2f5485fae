-- @include append-event
-- @include notify-waiters
-- Puts a fresh run in the place of one that continues as it, under the same workflow id: its start and the signals
-- that its predecessor did not consume enter the inbox in order. Accepted signal ids and waiters stay.
-- turn: workflowId, runId, header, history, indexBefore, indexAfter, records (its own, input, payloads), continuation
-- stored: waiters, firstRunId, as in the header
local function continue_run(lease, inbox, turn, stored, now)
	local newRunId, type, signals, ownRecords = unpack(turn.continuation)
	redis.call("DEL", turn.history)
	redis.call("HDEL", turn.header, "version", "cancelRequested", "heldReason", "inheritsFrom")
	redis.call("HSET", turn.header,
		"runId", newRunId, "status", "pending", "createdAtMs", now, "updatedAtMs", now,
		"historyLength", "0", "accepted", integer(1 + #signals), "processed", "0",
		"continuedFrom", turn.runId, "firstRunId", stored.firstRunId or turn.runId)
	redis.call("ZREM", turn.indexBefore, turn.workflowId)
	redis.call("ZADD", turn.indexAfter, now, turn.workflowId)
	append_uncounted(lease, inbox, {
		kind = "started", workflowId = turn.workflowId, runId = newRunId, name = type, extra = turn.runId,
		data = turn.records[ownRecords + 1],
	})
	for index, signal in ipairs(signals) do
		append_uncounted(lease, inbox, {
			kind = "signal", workflowId = turn.workflowId, runId = newRunId,
			name = signal[1], reference = signal[2], data = turn.records[ownRecords + 1 + index],
		})
	end
	tell_waiters(stored.waiters, turn.workflowId, turn.runId, "continued", newRunId)
end
