#!lua
-- Closes an open run at once, without its code. A live owner's turn computed before is refused by its status.
--
-- KEYS  lease        hash    ownership of the partition
--       inbox        stream  accepted events
--       held         set     runs that wait for code
--       versions     hash    open runs by type and version
--       header       hash    the run
--       history      list    history of the current run
--       indexBefore  zset    index of the run, as the caller believes it to be
--       indexAfter   zset    index of (type, terminated)
--       messages     stream  messages to other runs
--       children     hash    children of the current run
--       feed         stream  changes of statuses, for who watches
-- ARGV  workflowId      string
--       operationId     string, fresh; repeating the call with it is safe
--       reason          string, "" for none
--       expectedType    string, type behind the indexes
--       expectedStatus  string, status behind indexBefore
--       expectedRun     string, run that is meant, "" for any
-- Reply applied runId status | not-found | closed runId status
--       | changed runId status type   (repeat with that type and status)
-- Writes only when the reply is applied, once per operationId.

-- @include now-ms
-- @include close-from-outside
-- @include is-run

local header = KEYS[5]
local keys = {
	lease = KEYS[1], inbox = KEYS[2], held = KEYS[3], versions = KEYS[4], header = header, history = KEYS[6],
	indexBefore = KEYS[7], indexAfter = KEYS[8], messages = KEYS[9],
	children = KEYS[10], feed = KEYS[11],
}
local workflowId, operationId, reason = ARGV[1], ARGV[2], ARGV[3]
local expectedType, expectedStatus, expectedRun = ARGV[4], ARGV[5], ARGV[6]

local runId, status, type, closedBy, waiters, version =
	unpack(redis.call("HMGET", header, "runId", "status", "type", "closedBy", "waiters", "version"))
if not runId or not is_run(header, runId, expectedRun) then
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
redis.call("HSET", header, "closedBy", operationId)
local run = { workflowId = workflowId, runId = runId, type = type, version = version, waiters = waiters }
close_from_outside(keys, run, "terminated", mark, now)
return { "applied", runId, "terminated" }
