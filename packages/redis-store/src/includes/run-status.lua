-- @include note-change
local OPEN = { pending = true, running = true, suspended = true }

-- Moves the one index entry of a run from one status to another and notes the status in its header and in the feed.
-- keys: header, indexBefore, indexAfter, feed; run: workflowId, runId, type
local function change_status(keys, run, status, now)
	local createdAtMs = redis.call("HGET", keys.header, "createdAtMs")
	redis.call("ZREM", keys.indexBefore, run.workflowId)
	redis.call("ZADD", keys.indexAfter, createdAtMs, run.workflowId)
	redis.call("HSET", keys.header, "status", status, "updatedAtMs", now)
	note_change(keys.feed, run, run.type, status, createdAtMs)
end
