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
-- @include change-attributes

local lease, timers, tombstones = KEYS[1], KEYS[2], KEYS[3]
local header, history, signalIds, cutOff, index = KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local search = { attributes = KEYS[9], byAttribute = KEYS[10], memos = KEYS[11] }
local offloaded = KEYS[12]
local nonce, member, workflowId, runId = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local type, status = ARGV[5], ARGV[6]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local due = redis.call("ZSCORE", timers, member)
if not due or tonumber(due) > now_ms() then
	return { "done" }
end
local currentRun, currentStatus, currentType, keyed, searchable =
	unpack(redis.call("HMGET", header, "runId", "status", "type", "keyed", "searchable"))
if currentRun == runId and currentStatus == status and currentType == type and not OPEN[status] then
	if keyed then
		redis.call("HSET", tombstones, workflowId, runId)
	end
	if searchable then
		forget_search(search, workflowId)
	end
	redis.call("ZREM", index, workflowId)
	redis.call("DEL", header, history, signalIds, cutOff, offloaded)
end
redis.call("ZREM", timers, member)
return { "done" }
