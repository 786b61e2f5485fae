-- @include append-event
-- Appends a mark that no code sees. It changes historyLength, so that a turn computed before is refused.
local function append_mark(history, header, mark)
	local record = cmsgpack.pack(mark)
	redis.call("RPUSH", history, record)
	redis.call("HINCRBY", header, "historyLength", 1)
	return record
end

-- Asks the owner to look at a run; no event, so it is not counted on the run.
local function append_notice(lease, inbox, workflowId, runId)
	append_uncounted(lease, inbox, { kind = "notice", workflowId = workflowId, runId = runId })
end
