-- Tells everyone who waits for the end of a run, and forgets them. `waiters` as stored in the header, `record` is the
-- closing history record.
local function notify_waiters(waiters, header, workflowId, runId, status, record)
	if not waiters then
		return
	end
	-- A msgpack array of four (0x94). The record goes in as bytes (0xc6, length): cmsgpack would call it a text.
	local message = "\148" .. cmsgpack.pack(workflowId) .. cmsgpack.pack(runId) .. cmsgpack.pack(status)
		.. "\198" .. struct.pack(">I4", #record) .. record
	for channel in string.gmatch(waiters, "%S+") do
		redis.call("PUBLISH", channel, message)
	end
	redis.call("HDEL", header, "waiters")
end
