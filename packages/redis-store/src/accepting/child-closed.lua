#!lua flags=allow-oom
-- Tells a parent that its child has closed; an event of the parent.
--
-- KEYS  lease     hash    ownership of the partition
--       inbox     stream  accepted events
--       header    hash    the parent
--       children  hash    children of its current run
-- ARGV  workflowId  string
--       runId       string, of the parent
--       seq         integer, number of the child in it
--       childRunId  string, the run that closed
--       status      string, how it closed
--       record      bytes, its closing history record
-- Reply settled | stale
-- Writes only when the reply is settled, once per child.

-- @include run-status
-- @include append-event

local lease, inbox, header, children = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local workflowId, runId, seq, childRunId, status, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local currentRun, parentStatus = unpack(redis.call("HMGET", header, "runId", "status"))
if currentRun ~= runId or not OPEN[parentStatus] or redis.call("HDEL", children, seq) == 0 then
	return { "stale" }
end
append_event(lease, inbox, header, {
	kind = "child-closed", workflowId = workflowId, runId = runId,
	name = status, reference = seq, extra = childRunId, data = record,
})
return { "settled" }
