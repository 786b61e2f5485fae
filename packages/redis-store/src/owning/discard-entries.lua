#!lua flags=allow-oom
-- Removes inbox entries that belong to no open run.
--
-- KEYS  lease  hash    ownership of the partition
--       inbox  stream  accepted events
-- ARGV  nonce     string
--       …entries  entry ids, at most 1000
-- Reply done | lease-lost
-- Writes only when the reply is done; repeating it is safe.

local lease, inbox = KEYS[1], KEYS[2]
local nonce = ARGV[1]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
redis.call("XDEL", inbox, unpack(ARGV, 2))
return { "done" }
