-- @include append-event
-- @include notify-waiters
-- @include ended-updates
-- @include note-change
-- Puts a fresh run in the place of one that continues as it, under the same workflow id: its start and the events that
-- the code of its predecessor has not seen enter the inbox in order. Ids of signals and updates, and waiters, stay.
-- turn: workflowId, runId, header, history, indexBefore, indexAfter, historyLengthBefore, continuation, records (its
-- own, the input, the data of the events)
-- keys: lease, inbox, signalIds, feed; stored: waiters, firstRunId, createdAtMs, as in the header
local function continue_run(keys, turn, stored, now)
	local newRunId, type, events, ownRecords = unpack(turn.continuation)
	carry_answers(keys.signalIds, turn)
	redis.call("DEL", turn.history)
	redis.call("HDEL", turn.header, "version", "cancelRequested", "heldReason", "inheritsFrom")
	redis.call("HSET", turn.header,
		"runId", newRunId, "status", "pending", "createdAtMs", now, "updatedAtMs", now,
		"historyLength", "0", "accepted", integer(1 + #events), "processed", "0",
		"continuedFrom", turn.runId, "firstRunId", stored.firstRunId or turn.runId)
	redis.call("ZREM", turn.indexBefore, turn.workflowId)
	redis.call("ZADD", turn.indexAfter, now, turn.workflowId)
	note_change(keys.feed, turn, type, "continued", stored.createdAtMs)
	note_change(keys.feed, { workflowId = turn.workflowId, runId = newRunId }, type, "pending", now)
	append_uncounted(keys.lease, keys.inbox, {
		kind = "started", workflowId = turn.workflowId, runId = newRunId, name = type, extra = turn.runId,
		parent = redis.call("HGET", turn.header, "parent") or nil, data = turn.records[ownRecords + 1],
	})
	for index, event in ipairs(events) do
		local kind, name, reference = unpack(event)
		append_uncounted(keys.lease, keys.inbox, {
			kind = kind, workflowId = turn.workflowId, runId = newRunId,
			name = name, reference = reference, data = turn.records[ownRecords + 1 + index],
		})
		if kind == "cancel-requested" then
			redis.call("HSET", turn.header, "cancelRequested", "1")
		end
	end
	tell_waiters(stored.waiters, turn.workflowId, turn.runId, "continued", newRunId)
end
