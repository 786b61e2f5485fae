#!lua flags=allow-oom
-- Reads messages to other runs that were committed and perhaps not delivered, oldest first.
--
-- KEYS  lease     hash    ownership of the partition
--       messages  stream  messages to other runs
-- ARGV  nonce  string
--       after  entry id, "0" for all
--       limit  integer, entries at most
-- Reply ok nowMs entries | lease-lost
-- Writes nothing.

-- @include now-ms

local lease, messages = KEYS[1], KEYS[2]
local nonce, after, limit = ARGV[1], ARGV[2], ARGV[3]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
-- XRANGE answers nil to COUNT 0.
return {
	"ok", integer(now_ms()),
	redis.call("XRANGE", messages, after == "0" and "-" or "(" .. after, "+", "COUNT", limit) or {},
}
