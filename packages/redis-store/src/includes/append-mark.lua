-- Appends a mark that no code sees. It changes historyLength, so that a turn computed before is refused.
local function append_mark(history, header, mark)
	local record = cmsgpack.pack(mark)
	redis.call("RPUSH", history, record)
	redis.call("HINCRBY", header, "historyLength", 1)
	return record
end

-- Asks the owner to look at a run; no event, so it is not counted on the run.
local function append_notice(lease, inbox, workflowId, runId)
	redis.call("XADD", inbox, "*",
		"kind", "notice", "id", workflowId, "run", runId, "name", "", "reference", "", "extra", "", "data", "")
	wake_owner(lease)
end
