#!lua flags=allow-oom
-- Extends a lease that is still the caller's, and tells what is new in the partition.
--
-- KEYS  lease   hash    ownership of the partition
--       inbox   stream  accepted events
--       timers  zset    due times
-- ARGV  nonce  string
--       ttlMs  integer, from now
-- Reply ok nowMs nextDueMs newestEntry | lease-lost
-- Writes only when the reply is ok.

-- @include now-ms
-- @include news

local lease, inbox, timers = KEYS[1], KEYS[2], KEYS[3]
local nonce, ttlMs = ARGV[1], tonumber(ARGV[2])

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local now = now_ms()
redis.call("HSET", lease, "expiresAtMs", integer(now + ttlMs))
return { "ok", integer(now), earliest_due(timers), newest_entry(inbox) }
