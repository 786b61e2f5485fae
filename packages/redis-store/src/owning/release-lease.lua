#!lua flags=allow-oom
-- Gives a lease back, if it is still the caller's. The epoch stays, so that it keeps rising.
--
-- KEYS  lease  hash  ownership of the partition
-- ARGV  nonce  string
-- Reply done | lease-lost
-- Writes only when the reply is done.

local lease = KEYS[1]
local nonce = ARGV[1]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
redis.call("HDEL", lease, "nonce", "owner", "channel", "expiresAtMs", "idle")
return { "done" }
