#!lua flags=allow-oom
-- Ends an API key now.
--
-- KEYS  apiKeys  hash  API keys of the namespace
-- ARGV  id  string
-- Reply key id record createdAtMs expiresAtMs revokedAtMs nowMs | not-found
-- Repeating it keeps the first time.

-- @include api-key

local apiKeys = KEYS[1]
local id = ARGV[1]

if redis.call("HEXISTS", apiKeys, id) == 0 then
	return { "not-found" }
end
local now = now_ms()
redis.call("HSETNX", apiKeys, id .. ":revokedAtMs", integer(now))
return { "key", unpack(api_key_reply(apiKeys, id, now)) }
