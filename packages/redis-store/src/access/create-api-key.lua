#!lua
-- Keeps a new API key, and forgets those that have been dead for long.
--
-- KEYS  apiKeys  hash  API keys of the namespace
-- ARGV  id          string, fresh
--       record      JSON, what never changes
--       lifetimeMs  integer, from now; "" for a key that does not expire
--       keepDeadMs  integer, how long dead keys stay listed
-- Reply key id record createdAtMs expiresAtMs revokedAtMs nowMs | taken
-- Repeating it with the same record changes nothing.

-- @include api-key

local apiKeys = KEYS[1]
local id, record, lifetimeMs, keepDeadMs = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

local function forget_dead_keys(now)
	local fields = redis.call("HGETALL", apiKeys)
	for index = 1, #fields, 2 do
		local dead = string.match(fields[index], "^(.*):expiresAtMs$") or string.match(fields[index], "^(.*):revokedAtMs$")
		if dead and tonumber(fields[index + 1]) < now - keepDeadMs then
			redis.call("HDEL", apiKeys, dead, dead .. ":createdAtMs", dead .. ":expiresAtMs", dead .. ":revokedAtMs")
		end
	end
end

local known = redis.call("HGET", apiKeys, id)
if known and known ~= record then
	return { "taken" }
end
local now = now_ms()
if not known then
	forget_dead_keys(now)
	write_api_key(apiKeys, id, record, lifetimeMs, now)
end
return { "key", unpack(api_key_reply(apiKeys, id, now)) }
