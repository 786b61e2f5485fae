#!lua flags=allow-oom
-- Removes everything of a closed run whose retention has passed.
--
-- KEYS  lease        hash  ownership of the partition
--       timers       zset  due times
--       tombstones   hash  purged runs that a key names
--       header       hash  the run
--       history      list  history of the current run
--       signalIds    hash  accepted signal ids of the current run
--       cutOff       list  what a reset cut off from it
--       index        zset  index of the run, as the caller read it
--       attributes   hash  search attributes of each run that has any
--       byAttribute  zset  the same by value
--       memos        hash  memo of each run that has one
--       offloaded    hash  offloaded values of the workflow
-- ARGV  nonce       string
--       member      string, in timers
--       workflowId  string
--       runId       string
--       type        string, behind index
--       status      string, behind index
-- Reply done | lease-lost
-- A purge that is not due, or whose run was replaced or changed, removes no run.

-- @include now-ms
-- @include run-status
-- @include forget-run

local lease, timers = KEYS[1], KEYS[2]
local run = {
	tombstones = KEYS[3], header = KEYS[4], history = KEYS[5], signalIds = KEYS[6], cutOff = KEYS[7], index = KEYS[8],
	attributes = KEYS[9], byAttribute = KEYS[10], memos = KEYS[11], offloaded = KEYS[12],
}
local nonce, member, workflowId, runId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local type, status = ARGV[5], ARGV[6]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local due = redis.call("ZSCORE", timers, member)
if not due or tonumber(due) > now_ms() then
	return { "done" }
end
local currentRun, currentStatus, currentType = unpack(redis.call("HMGET", run.header, "runId", "status", "type"))
if currentRun == runId and currentStatus == status and currentType == type and not OPEN[status] then
	forget_run(run, workflowId)
end
redis.call("ZREM", timers, member)
return { "done" }
