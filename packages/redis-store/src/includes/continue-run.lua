-- @include append-event
-- @include notify-waiters
-- @include ended-updates
-- Puts a fresh run in the place of one that continues as it, under the same workflow id: its start and the events that
-- the code of its predecessor has not seen enter the inbox in order. Ids of signals and updates, and waiters, stay.
-- turn: workflowId, runId, header, history, indexBefore, indexAfter, historyLengthBefore, continuation, records (its
-- own, the input, the data of the events)
-- stored: waiters, firstRunId, as in the header
local function continue_run(lease, inbox, signalIds, turn, stored, now)
	local newRunId, type, events, ownRecords = unpack(turn.continuation)
	carry_answers(signalIds, turn)
	redis.call("DEL", turn.history)
	redis.call("HDEL", turn.header, "version", "cancelRequested", "heldReason", "inheritsFrom")
	redis.call("HSET", turn.header,
		"runId", newRunId, "status", "pending", "createdAtMs", now, "updatedAtMs", now,
		"historyLength", "0", "accepted", integer(1 + #events), "processed", "0",
		"continuedFrom", turn.runId, "firstRunId", stored.firstRunId or turn.runId)
	redis.call("ZREM", turn.indexBefore, turn.workflowId)
	redis.call("ZADD", turn.indexAfter, now, turn.workflowId)
	append_uncounted(lease, inbox, {
		kind = "started", workflowId = turn.workflowId, runId = newRunId, name = type, extra = turn.runId,
		parent = redis.call("HGET", turn.header, "parent") or nil, data = turn.records[ownRecords + 1],
	})
	for index, event in ipairs(events) do
		local kind, name, reference = unpack(event)
		append_uncounted(lease, inbox, {
			kind = kind, workflowId = turn.workflowId, runId = newRunId,
			name = name, reference = reference, data = turn.records[ownRecords + 1 + index],
		})
		if kind == "cancel-requested" then
			redis.call("HSET", turn.header, "cancelRequested", "1")
		end
	end
	tell_waiters(stored.waiters, turn.workflowId, turn.runId, "continued", newRunId)
end
