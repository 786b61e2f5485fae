#!lua
-- Suspends or resumes an open run. Accepted events wait meanwhile; a turn computed before is refused.
--
-- KEYS  lease        hash    ownership of the partition
--       inbox        stream  accepted events
--       header       hash    the run
--       history      list    history of the current run
--       indexBefore  zset    index of the run, as the caller believes it to be
--       indexAfter   zset    index of (type, new status)
-- ARGV  workflowId      string
--       suspend         1 to suspend, 0 to resume
--       expectedType    string, type behind the indexes
--       expectedStatus  string, status behind indexBefore
--       statusAfter     string, status behind indexAfter
-- Reply applied runId status | unchanged runId status | not-found | closed runId status
--       | changed runId status type   (repeat with that type and status)
-- Writes only when the reply is applied.

-- @include now-ms
-- @include run-status
-- @include wake-owner
-- @include append-mark

local lease, inbox, header, history, indexBefore, indexAfter = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local workflowId, suspend = ARGV[1], ARGV[2] == "1"
local expectedType, expectedStatus, statusAfter = ARGV[3], ARGV[4], ARGV[5]

local runId, status, type = unpack(redis.call("HMGET", header, "runId", "status", "type"))
if not runId then
	return { "not-found" }
end
if not OPEN[status] then
	return { "closed", runId, status }
end
if suspend == (status == "suspended") then
	return { "unchanged", runId, status }
end
if type ~= expectedType or status ~= expectedStatus then
	return { "changed", runId, status, type }
end

local now = now_ms()
append_mark(history, header, { kind = suspend and "suspended" or "resumed", at = now })
change_status(header, indexBefore, indexAfter, workflowId, statusAfter, integer(now))
if not suspend then
	append_notice(lease, inbox, workflowId, runId)
end
return { "applied", runId, statusAfter }
