#!lua flags=allow-oom
-- Closes an open run whose deadline has passed, without its code: suspended, held and delayed ones too. A turn that
-- its owner computed before is refused by the status.
--
-- KEYS  lease        hash    ownership of the partition
--       inbox        stream  accepted events
--       timers       zset    due times
--       held         set     runs that wait for code
--       versions     hash    open runs by type and version
--       header       hash    the run
--       history      list    history of the current run
--       indexBefore  zset    index of the run, as the caller believes it to be
--       indexAfter   zset    index of (type, timed-out)
--       messages     stream  messages to other runs
--       children     hash    children of the current run
--       feed         stream  changes of statuses, for who watches
-- ARGV  nonce           string
--       member          string, in timers
--       startMember     string, in timers, of the delayed start
--       workflowId      string
--       runId           string
--       expectedType    string, type behind the indexes
--       expectedStatus  string, status behind indexBefore
-- Reply done | changed runId status type   (repeat with that type and status)
--       | lease-lost
-- A deadline that is gone or not yet due changes nothing; one whose run is closed or replaced is removed.

-- @include now-ms
-- @include close-from-outside

local lease, timers, header = KEYS[1], KEYS[3], KEYS[6]
local keys = {
	lease = lease, inbox = KEYS[2], held = KEYS[4], versions = KEYS[5], header = header, history = KEYS[7],
	indexBefore = KEYS[8], indexAfter = KEYS[9], messages = KEYS[10], children = KEYS[11],
	feed = KEYS[12],
}
local nonce, member, startMember, workflowId, runId = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local expectedType, expectedStatus = ARGV[6], ARGV[7]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local now = now_ms()
local due = redis.call("ZSCORE", timers, member)
if not due or tonumber(due) > now then
	return { "done" }
end
local currentRun, status, type, waiters, executionDeadlineMs, version =
	unpack(redis.call("HMGET", header, "runId", "status", "type", "waiters", "executionDeadlineMs", "version"))
if currentRun ~= runId or not OPEN[status] then
	redis.call("ZREM", timers, member)
	return { "done" }
end
if type ~= expectedType or status ~= expectedStatus then
	return { "changed", currentRun, status, type }
end

local timeout = executionDeadlineMs and tonumber(executionDeadlineMs) <= tonumber(due) and "execution" or "run"
local mark = { kind = "timed-out", at = now, timeout = timeout, deadlineMs = tonumber(due) }
redis.call("HDEL", header, "waitsForStart")
redis.call("ZREM", timers, member, startMember)
local run = { workflowId = workflowId, runId = runId, type = type, version = version, waiters = waiters }
close_from_outside(keys, run, "timed-out", mark, now)
return { "done" }
