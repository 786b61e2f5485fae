#!lua flags=allow-oom
-- Deletes a schedule. An owner that works on it is refused from here on.
--
-- KEYS  schedule    hash  the schedule
--       requests    list  asked of it, and not taken by its owner
--       schedules   zset  ids of schedules
--       underWay    set   schedules with something under way
--       timers      zset  due times
--       operations  zset  what callers did with the schedule lately
-- ARGV  scheduleId   string
--       operationId  string; repeating the call with it is safe
-- Reply deleted incarnation ("" when it was deleted by an earlier copy of the call) | not-found
-- Writes only when the reply is deleted.

-- @include schedule-operations
-- @include timer-member

local schedule, requests, schedules, underWay, timers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local operations = KEYS[6]
local scheduleId, operationId = ARGV[1], ARGV[2]

if redis.call("ZSCORE", operations, operationId) then
	return { "deleted", "" }
end
local incarnation = redis.call("HGET", schedule, "incarnation")
if not incarnation then
	return { "not-found" }
end
local now = now_ms()
redis.call("DEL", schedule, requests)
redis.call("ZREM", schedules, scheduleId)
redis.call("SREM", underWay, incarnation .. ":" .. scheduleId)
redis.call("ZREM", timers, timer_member("schedule", "0", { runId = incarnation, workflowId = scheduleId }))
remember_schedule_operation(operations, operationId, now, now)
redis.call("PEXPIRE", operations, DELETED_MEMORY_MS)
return { "deleted", incarnation }
