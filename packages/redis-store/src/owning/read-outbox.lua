#!lua flags=allow-oom
-- Reads tickets that were committed but perhaps not relayed, oldest first.
--
-- KEYS  lease   hash    ownership of the partition
--       outbox  stream  tickets to relay
-- ARGV  nonce  string
--       after  entry id, "0" for all
--       limit  integer, entries at most
-- Reply ok entries | lease-lost
-- Writes nothing.

local lease, outbox = KEYS[1], KEYS[2]
local nonce, after, limit = ARGV[1], ARGV[2], ARGV[3]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
-- XRANGE answers nil to COUNT 0.
return { "ok", redis.call("XRANGE", outbox, after == "0" and "-" or "(" .. after, "+", "COUNT", limit) or {} }
