-- Tells everyone who waits for the end of a run. `waiters` as stored in the header. `data`: the closing history record,
-- or the new run id when the run continues as another.
local function tell_waiters(waiters, workflowId, runId, status, data)
	if not waiters then
		return
	end
	-- A msgpack array of four (0x94). The data go in as bytes (0xc6, length): cmsgpack would call them a text.
	local message = "\148" .. cmsgpack.pack(workflowId) .. cmsgpack.pack(runId) .. cmsgpack.pack(status)
		.. "\198" .. struct.pack(">I4", #data) .. data
	for channel in string.gmatch(waiters, "%S+") do
		redis.call("PUBLISH", channel, message)
	end
end

-- The same for good: they are forgotten.
local function notify_waiters(waiters, header, workflowId, runId, status, record)
	if waiters then
		tell_waiters(waiters, workflowId, runId, status, record)
		redis.call("HDEL", header, "waiters")
	end
end
