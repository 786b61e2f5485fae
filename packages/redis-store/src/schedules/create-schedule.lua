#!lua
-- Creates a schedule, or says that its id is taken.
--
-- KEYS  lease      hash  ownership of the partition
--       schedule   hash  the schedule
--       schedules  zset  ids of schedules
--       timers     zset  due times
-- ARGV  scheduleId   string
--       incarnation  string, fresh; repeating the call with it is safe
--       spec         msgpack, opaque
--       progress     msgpack, opaque
-- Reply created | exists
-- Writes only when the reply is created, once per incarnation.

-- @include schedule-due

local lease, schedule, schedules, timers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local scheduleId, incarnation, spec, progress = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local current = redis.call("HGET", schedule, "incarnation")
if current then
	return { current == incarnation and "created" or "exists" }
end
local now = now_ms()
redis.call("HSET", schedule,
	"schemaVersion", "1", "incarnation", incarnation, "createdAtMs", integer(now), "updatedAtMs", integer(now),
	"revision", "0", "specVersion", "0", "spec", spec, "progress", progress)
redis.call("ZADD", schedules, "0", scheduleId)
schedule_due(lease, timers, { id = scheduleId, incarnation = incarnation }, now)
return { "created" }
