#!lua flags=allow-oom
-- Names the timers that are due. Nothing is taken out: a timer leaves the set in the script that acts on it.
--
-- KEYS  lease   hash    ownership of the partition
--       inbox   stream  accepted events
--       timers  zset    due times
-- ARGV  nonce  string
--       limit  integer, timers at most
-- Reply ok nowMs nextDueMs newestEntry members | lease-lost
-- Writes nothing.

-- @include now-ms
-- @include news

local lease, inbox, timers = KEYS[1], KEYS[2], KEYS[3]
local nonce, limit = ARGV[1], ARGV[2]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local now = integer(now_ms())
local members = redis.call("ZRANGEBYSCORE", timers, "-inf", now, "LIMIT", 0, limit)
return { "ok", now, earliest_due(timers), newest_entry(inbox), members }
