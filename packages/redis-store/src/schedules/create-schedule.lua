#!lua
-- Creates a schedule, or says that its id is taken.
--
-- KEYS  lease       hash  ownership of the partition
--       schedule    hash  the schedule
--       schedules   zset  ids of schedules
--       operations  zset  what callers did with the schedule of this id lately
--       timers      zset  due times
-- ARGV  scheduleId   string
--       incarnation  string, of this creation alone; repeating the call with it is safe
--       spec         msgpack, opaque
--       progress     msgpack, opaque
-- Reply created (also when it was, and was deleted since) | exists
-- Writes only when the reply is created, once per incarnation.

-- @include schedule-due
-- @include schedule-operations

local lease, schedule, schedules, operations, timers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local scheduleId, incarnation, spec, progress = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

if redis.call("ZSCORE", operations, incarnation) then
	return { "created" }
end
if redis.call("EXISTS", schedule) == 1 then
	return { "exists" }
end
local now = now_ms()
redis.call("HSET", schedule,
	"schemaVersion", "1", "incarnation", incarnation, "createdAtMs", integer(now), "updatedAtMs", integer(now),
	"revision", "0", "specVersion", "0", "spec", spec, "progress", progress)
redis.call("ZADD", schedules, "0", scheduleId)
redis.call("PERSIST", operations)
remember_schedule_operation(operations, incarnation, now, now)
schedule_due(lease, timers, { id = scheduleId, incarnation = incarnation }, now)
return { "created" }
