#!lua
-- Accepts a request for the owner of a schedule.
--
-- KEYS  lease       hash  ownership of the partition
--       schedule    hash  the schedule
--       requests    list  asked of it, and not taken by its owner
--       operations  zset  what callers did with the schedule lately
--       timers      zset  due times
-- ARGV  scheduleId           string
--       request              msgpack, opaque
--       operationId          string; repeating the call with it is safe
--       notAfterMs           epoch ms; a re-sent command past it is refused, because its operation may be forgotten
--       expectedSpecVersion  integer that an update was made from, "" for other requests
--       cap                  integer, requests that may wait
-- Reply accepted atMs | not-found | changed | full | expired
-- Writes only when the reply is accepted, once per operationId.

-- @include schedule-due
-- @include schedule-operations

local lease, schedule, requests, operations, timers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local scheduleId, request, operationId, notAfterMs = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local expectedSpecVersion, cap = ARGV[5], tonumber(ARGV[6])

local acceptedAt = redis.call("ZSCORE", operations, operationId)
if acceptedAt then
	return { "accepted", acceptedAt }
end
local incarnation, specVersion, lastRequestMs =
	unpack(redis.call("HMGET", schedule, "incarnation", "specVersion", "lastRequestMs"))
if not incarnation then
	return { "not-found" }
end
if expectedSpecVersion ~= "" and specVersion ~= expectedSpecVersion then
	return { "changed" }
end
local now = now_ms()
if now > notAfterMs then
	return { "expired" }
end
if redis.call("LLEN", requests) >= cap then
	return { "full" }
end
-- Two triggers of one millisecond are two runs, which are named by these times.
local at = math.max(now, tonumber(lastRequestMs or 0) + 1)
redis.call("HSET", schedule, "lastRequestMs", integer(at), "updatedAtMs", integer(now))
if expectedSpecVersion ~= "" then
	redis.call("HINCRBY", schedule, "specVersion", 1)
end
redis.call("RPUSH", requests, integer(at) .. ":" .. request)
remember_schedule_operation(operations, operationId, at, now)
schedule_due(lease, timers, { id = scheduleId, incarnation = incarnation }, now)
return { "accepted", integer(at) }
