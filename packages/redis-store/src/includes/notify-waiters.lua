-- Tells everyone who waits for the end of a run, and forgets them. `record` is the closing history record.
local function notify_waiters(header, workflowId, runId, status, record)
	local waiters = redis.call("HGET", header, "waiters")
	if not waiters then
		return
	end
	local message = cmsgpack.pack({ workflowId, runId, status, record })
	for channel in string.gmatch(waiters, "%S+") do
		redis.call("PUBLISH", channel, message)
	end
	redis.call("HDEL", header, "waiters")
end
