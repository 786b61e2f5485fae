#!lua flags=allow-oom
-- Reads a schedule for the owner that works on it, and puts its timer off: meanwhile it is not due again, and another
-- owner looks at it if this one dies.
--
-- KEYS  lease     hash  ownership of the partition
--       schedule  hash  the schedule
--       requests  list  asked of it, and not taken by its owner
--       timers    zset  due times
-- ARGV  nonce        string
--       member       string, in timers
--       incarnation  string
--       lookAgainMs  integer, from now
-- Reply schedule nowMs fields requests | gone | lease-lost
-- When the reply is gone the timer is removed.

-- @include stored-schedule

local lease, schedule, requests, timers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local nonce, member, incarnation, lookAgainMs = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
if redis.call("HGET", schedule, "incarnation") ~= incarnation then
	redis.call("ZREM", timers, member)
	return { "gone" }
end
local now = now_ms()
redis.call("ZADD", timers, integer(now + lookAgainMs), member)
return stored_schedule(redis.call("HGETALL", schedule), requests, now)
