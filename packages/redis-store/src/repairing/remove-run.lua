#!lua flags=allow-oom
-- Removes everything of a closed run before its retention has passed.
--
-- KEYS  timers       zset  due times
--       tombstones   hash  removed runs that a key names
--       header       hash  the run
--       history      list  history of the current run
--       signalIds    hash  accepted signal ids of the current run
--       cutOff       list  what a reset cut off from it
--       index        zset  index of the run, as the caller read it
--       attributes   hash  search attributes of each run that has any
--       byAttribute  zset  the same by value
--       memos        hash  memo of each run that has one
--       offloaded    hash  offloaded values of the workflow
-- ARGV  workflowId  string
--       runId       string, as the caller read it
--       type        string, behind index
--       status      string, behind index
--       member      string, its purge in timers
-- Reply removed | changed | not-found
-- Writes only when the reply is removed.

-- @include run-status
-- @include forget-run

local timers = KEYS[1]
local run = {
	tombstones = KEYS[2], header = KEYS[3], history = KEYS[4], signalIds = KEYS[5], cutOff = KEYS[6], index = KEYS[7],
	attributes = KEYS[8], byAttribute = KEYS[9], memos = KEYS[10], offloaded = KEYS[11],
}
local workflowId, runId, type, status, member = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local currentRun, currentStatus, currentType = unpack(redis.call("HMGET", run.header, "runId", "status", "type"))
if not currentRun then
	return { "not-found" }
end
if currentRun ~= runId or currentStatus ~= status or currentType ~= type or OPEN[status] then
	return { "changed" }
end
forget_run(run, workflowId)
redis.call("ZREM", timers, member)
return { "removed" }
