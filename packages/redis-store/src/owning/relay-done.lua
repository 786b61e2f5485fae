#!lua flags=allow-oom
-- Removes tickets from the outbox that their queue has confirmed.
--
-- KEYS  lease   hash    ownership of the partition
--       outbox  stream  tickets to relay
-- ARGV  nonce     string
--       …entries  entry ids
-- Reply done | lease-lost
-- Writes only when the reply is done; repeating it is safe.

local lease, outbox = KEYS[1], KEYS[2]
local nonce = ARGV[1]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
-- In slices: unpack is limited by the Lua stack.
for first = 2, #ARGV, 1000 do
	redis.call("XDEL", outbox, unpack(ARGV, first, math.min(first + 999, #ARGV)))
end
return { "done" }
