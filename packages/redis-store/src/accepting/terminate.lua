#!lua
-- Closes an open run at once, without its code. A live owner's turn computed before is refused by its status.
--
-- KEYS  lease        hash    ownership of the partition
--       inbox        stream  accepted events
--       held         set     runs that wait for code
--       header       hash    the run
--       history      list    history of the current run
--       indexBefore  zset    index of the run, as the caller believes it to be
--       indexAfter   zset    index of (type, terminated)
-- ARGV  workflowId      string
--       operationId     string, fresh; repeating the call with it is safe
--       reason          string, "" for none
--       expectedType    string, type behind the indexes
--       expectedStatus  string, status behind indexBefore
-- Reply applied runId status | not-found | closed runId status
--       | changed runId status type   (repeat with that type and status)
-- Writes only when the reply is applied, once per operationId.

-- @include now-ms
-- @include run-status
-- @include wake-owner
-- @include append-mark
-- @include notify-waiters

local lease, inbox, held, header, history = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local indexBefore, indexAfter = KEYS[6], KEYS[7]
local workflowId, operationId, reason = ARGV[1], ARGV[2], ARGV[3]
local expectedType, expectedStatus = ARGV[4], ARGV[5]

local runId, status, type, closedBy, waiters =
	unpack(redis.call("HMGET", header, "runId", "status", "type", "closedBy", "waiters"))
if not runId then
	return { "not-found" }
end
if closedBy == operationId then
	return { "applied", runId, status }
end
if not OPEN[status] then
	return { "closed", runId, status }
end
if type ~= expectedType or status ~= expectedStatus then
	return { "changed", runId, status, type }
end

local now = now_ms()
local mark = { kind = "terminated", at = now }
if reason ~= "" then
	mark.reason = reason
end
local record = append_mark(history, header, mark)
redis.call("HSET", header, "closedBy", operationId)
redis.call("HDEL", header, "heldReason")
redis.call("SREM", held, workflowId)
change_status(header, indexBefore, indexAfter, workflowId, "terminated", integer(now))
notify_waiters(waiters, header, workflowId, runId, "terminated", record)
-- The owner removes pending activities and timers, and sets the purge time: it knows the keys and the retention.
append_notice(lease, inbox, workflowId, runId)
return { "applied", runId, "terminated" }
