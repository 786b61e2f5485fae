#!lua
-- Asks the code of an open run to stop; an event like any other.
--
-- KEYS  lease   hash    ownership of the partition
--       inbox   stream  accepted events
--       header  hash    the run
-- ARGV  workflowId  string
--       reason      string, "" for none
-- Reply applied runId status | unchanged runId status | not-found | closed runId status
-- Writes only when the reply is applied, once per run.

-- @include run-status
-- @include append-event

local lease, inbox, header = KEYS[1], KEYS[2], KEYS[3]
local workflowId, reason = ARGV[1], ARGV[2]

local runId, status, requested = unpack(redis.call("HMGET", header, "runId", "status", "cancelRequested"))
if not runId then
	return { "not-found" }
end
if not OPEN[status] then
	return { "closed", runId, status }
end
if requested then
	return { "unchanged", runId, status }
end
redis.call("HSET", header, "cancelRequested", "1")
append_event(lease, inbox, header, {
	kind = "cancel-requested", workflowId = workflowId, runId = runId, data = reason,
})
return { "applied", runId, status }
