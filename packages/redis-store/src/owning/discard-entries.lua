#!lua flags=allow-oom
-- Removes inbox entries that belong to no open run.
--
-- KEYS  lease  hash    ownership of the partition
--       inbox  stream  accepted events
-- ARGV  nonce     string
--       …entries  entry ids
-- Reply done | lease-lost
-- Writes only when the reply is done; repeating it is safe.

local lease, inbox = KEYS[1], KEYS[2]
local nonce = ARGV[1]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
-- In slices: unpack is limited by the Lua stack.
for first = 2, #ARGV, 1000 do
	redis.call("XDEL", inbox, unpack(ARGV, first, math.min(first + 999, #ARGV)))
end
return { "done" }
