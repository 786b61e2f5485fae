#!lua
-- Suspends or resumes an open run. Accepted events wait meanwhile; a turn computed before is refused.
--
-- KEYS  lease        hash    ownership of the partition
--       inbox        stream  accepted events
--       header       hash    the run
--       history      list    history of the current run
--       indexBefore  zset    index of the run, as the caller believes it to be
--       indexAfter   zset    index of (type, new status)
--       feed         stream  changes of statuses, for who watches
-- ARGV  workflowId      string
--       suspend         1 to suspend, 0 to resume
--       expectedType    string, type behind the indexes
--       expectedStatus  string, status behind indexBefore
--       statusAfter     string, status behind indexAfter
-- Reply applied runId status | unchanged runId status | not-found | closed runId status
--       | changed runId status type statusAfter   (repeat with these)
-- Writes only when the reply is applied.

-- @include now-ms
-- @include run-status
-- @include wake-owner
-- @include append-mark

local lease, inbox, header, history = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local keys = { header = header, indexBefore = KEYS[5], indexAfter = KEYS[6], feed = KEYS[7] }
local workflowId, suspend = ARGV[1], ARGV[2] == "1"
local expectedType, expectedStatus, statusAfter = ARGV[3], ARGV[4], ARGV[5]

local runId, status, type, waitsForStart =
	unpack(redis.call("HMGET", header, "runId", "status", "type", "waitsForStart"))
if not runId then
	return { "not-found" }
end
if not OPEN[status] then
	return { "closed", runId, status }
end
if suspend == (status == "suspended") then
	return { "unchanged", runId, status }
end
-- A run that waits for its start has run no code: it is pending again.
local resumed = waitsForStart and "pending" or "running"
local wanted = suspend and "suspended" or resumed
if type ~= expectedType or status ~= expectedStatus or statusAfter ~= wanted then
	return { "changed", runId, status, type, wanted }
end

local now = now_ms()
append_mark(history, header, { kind = suspend and "suspended" or "resumed", at = now })
change_status(keys, { workflowId = workflowId, runId = runId, type = type }, statusAfter, integer(now))
if not suspend then
	append_notice(lease, inbox, workflowId, runId)
end
return { "applied", runId, statusAfter }
