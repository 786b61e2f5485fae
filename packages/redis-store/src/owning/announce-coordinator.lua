#!lua flags=allow-oom
-- Notes that a coordinator lives and counts the live ones.
--
-- KEYS  coordinators  zset  when each last said so
-- ARGV  coordinatorId  string
--       ttlMs          integer, how long a silent one counts as alive
-- Reply live count
-- Repeating it is safe.

-- @include now-ms

local coordinators = KEYS[1]
local coordinatorId, ttlMs = ARGV[1], tonumber(ARGV[2])

local now = now_ms()
redis.call("ZADD", coordinators, integer(now), coordinatorId)
redis.call("ZREMRANGEBYSCORE", coordinators, "-inf", integer(now - ttlMs))
return { "live", redis.call("ZCARD", coordinators) }
