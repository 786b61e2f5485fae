#!lua flags=allow-oom
-- Takes the lease of a partition when it is free or expired.
--
-- KEYS  lease  hash  ownership of the partition
-- ARGV  nonce      string, random; the fence of every later write
--       owner      string, coordinator id
--       channel    string, where the owner is woken
--       partition  integer
--       ttlMs      integer, from now
-- Reply acquired epoch | held owner expiresInMs
-- Writes only when the reply is acquired. Repeating it with the same nonce is safe.

-- @include now-ms

local lease = KEYS[1]
local nonce, owner, channel, partition, ttlMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

local now = now_ms()
local currentNonce, currentOwner, expiresAtMs, epoch =
	unpack(redis.call("HMGET", lease, "nonce", "owner", "expiresAtMs", "epoch"))
if currentNonce and currentNonce ~= nonce and tonumber(expiresAtMs) > now then
	return { "held", currentOwner, integer(tonumber(expiresAtMs) - now) }
end
local nextEpoch = currentNonce == nonce and epoch or integer(tonumber(epoch or "0") + 1)
redis.call("HDEL", lease, "idle")
redis.call("HSET", lease, "nonce", nonce, "owner", owner, "channel", channel, "partition", partition,
	"epoch", nextEpoch, "expiresAtMs", integer(now + ttlMs))
return { "acquired", nextEpoch }
