#!lua flags=allow-oom
-- Reads accepted events, or notes the owner as idle when there are none.
--
-- KEYS  lease   hash    ownership of the partition
--       inbox   stream  accepted events
--       timers  zset    due times
-- ARGV  nonce  string
--       after  entry id, "0" for all
--       limit  integer, entries at most
-- Reply ok nowMs nextDueMs newestEntry entries | lease-lost
-- Writes only the owner's idle note.

-- @include now-ms
-- @include read-page

local leaseKey, inbox, timers = KEYS[1], KEYS[2], KEYS[3]
local nonce, after, limit = ARGV[1], ARGV[2], ARGV[3]

local owner, channel, idle = unpack(redis.call("HMGET", leaseKey, "nonce", "channel", "idle"))
if owner ~= nonce then
	return { "lease-lost" }
end
local entries, newest = read_page({ key = leaseKey, channel = channel, idle = idle }, inbox, after, limit)
return { "ok", integer(now_ms()), earliest_due(timers), newest, entries }
