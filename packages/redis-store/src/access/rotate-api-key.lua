#!lua
-- Keeps the successor of an API key and sets the end of the old one.
--
-- KEYS  apiKeys  hash  API keys of the namespace
-- ARGV  id           string, of the old key
--       successorId  string, fresh
--       record       JSON of the successor
--       lifetimeMs   integer, of the successor from now; "" for none
--       overlapMs    integer, how long the old key works on
-- Reply rotated successor previous | not-found | expired | revoked
-- Repeating it with the same successor changes nothing. Writes only when the reply is rotated.

-- @include api-key

local apiKeys = KEYS[1]
local id, successorId, record, lifetimeMs, overlapMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

local now = now_ms()
if redis.call("HEXISTS", apiKeys, id) == 0 then
	return { "not-found" }
end
if redis.call("HGET", apiKeys, successorId) ~= record then
	local expiresAtMs, revokedAtMs = unpack(redis.call("HMGET", apiKeys, id .. ":expiresAtMs", id .. ":revokedAtMs"))
	if revokedAtMs then
		return { "revoked" }
	end
	if expiresAtMs and tonumber(expiresAtMs) <= now then
		return { "expired" }
	end
	write_api_key(apiKeys, successorId, record, lifetimeMs, now)
	local endMs = math.min(tonumber(expiresAtMs) or math.huge, now + overlapMs)
	redis.call("HSET", apiKeys, id .. ":expiresAtMs", integer(endMs))
end
return { "rotated", api_key_reply(apiKeys, successorId, now), api_key_reply(apiKeys, id, now) }
