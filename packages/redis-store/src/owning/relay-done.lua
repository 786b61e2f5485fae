#!lua flags=allow-oom
-- Removes tickets from the outbox that their queue has confirmed.
--
-- KEYS  lease   hash    ownership of the partition
--       outbox  stream  tickets to relay
-- ARGV  nonce     string
--       …entries  entry ids, at most 1000
-- Reply done | lease-lost
-- Writes only when the reply is done; repeating it is safe.

local lease, outbox = KEYS[1], KEYS[2]
local nonce = ARGV[1]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
redis.call("XDEL", outbox, unpack(ARGV, 2))
return { "done" }
