-- Tells who watches that a run has another status. The feed keeps the newest changes, give or take a node of its tree.
-- run: workflowId, runId
local function note_change(feed, run, type, status, createdAtMs)
	redis.call("XADD", feed, "MAXLEN", "~", "2000", "*",
		"id", run.workflowId, "run", run.runId, "type", type, "status", status, "created", createdAtMs)
end
