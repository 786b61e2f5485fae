-- @include now-ms

-- Reply about one API key: its record, and when it was created, expires and was revoked ("" for never).
local function api_key_reply(apiKeys, id, now)
	local values = redis.call("HMGET", apiKeys, id, id .. ":createdAtMs", id .. ":expiresAtMs", id .. ":revokedAtMs")
	return { id, values[1], values[2], values[3] or "", values[4] or "", integer(now) }
end

local function write_api_key(apiKeys, id, record, lifetimeMs, now)
	redis.call("HSET", apiKeys, id, record, id .. ":createdAtMs", integer(now))
	if lifetimeMs ~= "" then
		redis.call("HSET", apiKeys, id .. ":expiresAtMs", integer(now + tonumber(lifetimeMs)))
	end
end
