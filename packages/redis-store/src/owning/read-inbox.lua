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
-- @include news
-- @include read-page

local lease, inbox, timers = KEYS[1], KEYS[2], KEYS[3]
local nonce, after, limit = ARGV[1], ARGV[2], ARGV[3]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local entries = read_page(lease, inbox, after, limit)
local now, nextDue, newest = news(inbox, timers)
return { "ok", now, nextDue, newest, entries }
