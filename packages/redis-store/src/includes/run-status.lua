local OPEN = { pending = true, running = true, suspended = true }

-- Moves the one index entry of a run from one status to another and notes the status in its header.
local function change_status(header, indexBefore, indexAfter, workflowId, status, now)
	local createdAtMs = redis.call("HGET", header, "createdAtMs")
	redis.call("ZREM", indexBefore, workflowId)
	redis.call("ZADD", indexAfter, createdAtMs, workflowId)
	redis.call("HSET", header, "status", status, "updatedAtMs", now)
end
