-- @include append-mark
-- @include timer-member
-- Lets a run go on whose history was cut: marks the cut and restores what was pending there, as far as no code is
-- needed for it. The rest is made by the first commit of its owner, who is told.
-- keys: lease, inbox, timers, header, history, signalIds; run: workflowId, runId
-- reset: fromRunId, fromWorkflowId ("" for the same), reason, reapply, keep (records in front of the mark),
--        timers {seq, dueMs} and updates {updateId, index of its completion or false}
local function mark_reset(keys, run, reset, now)
	local mark = {
		kind = "reset", at = now, runId = run.runId, fromRunId = reset.fromRunId, reapply = reset.reapply,
		reason = reset.reason ~= "" and reset.reason or nil,
		fromWorkflowId = reset.fromWorkflowId ~= "" and reset.fromWorkflowId or nil,
	}
	redis.call("HSET", keys.header, "resetPending", integer(reset.keep), "historyLength", integer(reset.keep))
	append_mark(keys.history, keys.header, mark)
	for _, timer in ipairs(reset.timers) do
		local seq, dueMs = integer(timer[1]), integer(timer[2])
		local former = timer_member("timer", seq, { runId = reset.fromRunId, workflowId = run.workflowId })
		-- One that is pending still keeps its time.
		dueMs = redis.call("ZSCORE", keys.timers, former) or dueMs
		redis.call("ZREM", keys.timers, former)
		redis.call("ZADD", keys.timers, dueMs, timer_member("timer", seq, run))
	end
	for _, update in ipairs(reset.updates) do
		local state = update[2] and "completed:" .. integer(update[2]) .. ":" .. run.runId or "accepted"
		redis.call("HSET", keys.signalIds, "u:" .. update[1], state)
	end
	append_notice(keys.lease, keys.inbox, run.workflowId, run.runId)
end
