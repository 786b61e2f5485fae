#!lua
-- Asks the code of an open run to stop; an event like any other.
--
-- KEYS  lease   hash    ownership of the partition
--       inbox   stream  accepted events
--       header  hash    the run
--       …delivery  string  when another run asks for it: what that was answered
-- ARGV  workflowId   string
--       reason       string, "" for none
--       expectedRun  string, run that is meant, "" for any
--       notAfterMs   epoch ms; a copy of a message past it is refused; "" when it is none
-- Reply applied runId status | unchanged runId status | not-found | closed runId status | expired
-- Writes only when the reply is applied, once per run.

-- @include run-status
-- @include append-event
-- @include delivery
-- @include is-run

local lease, inbox, header, delivery = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local workflowId, reason, expectedRun, notAfterMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local earlier = earlier_answer(delivery)
if earlier then
	return earlier
end
local runId, status, requested = unpack(redis.call("HMGET", header, "runId", "status", "cancelRequested"))
if not runId or not is_run(header, runId, expectedRun) then
	return { "not-found" }
end
if not OPEN[status] then
	return { "closed", runId, status }
end
if requested then
	return { "unchanged", runId, status }
end
if is_late(delivery, notAfterMs) then
	return { "expired" }
end
redis.call("HSET", header, "cancelRequested", "1")
append_event(lease, inbox, header, {
	kind = "cancel-requested", workflowId = workflowId, runId = runId, data = reason,
})
return remember_answer(delivery, { "applied", runId, status })
