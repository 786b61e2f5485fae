-- Entries behind `after`. When there is none, the owner is noted as idle in the same step, so that no event can
-- slip in between its last read and its going to wait.
local function read_page(lease, inbox, after, limit)
	-- XRANGE answers nil to COUNT 0. Who reads nothing cannot know that there is nothing, so it is not idle.
	if limit == "0" then
		return {}
	end
	local entries = redis.call("XRANGE", inbox, after == "0" and "-" or "(" .. after, "+", "COUNT", limit)
	if #entries == 0 then
		redis.call("HSET", lease, "idle", redis.call("HGET", lease, "channel"))
	else
		redis.call("HDEL", lease, "idle")
	end
	return entries
end
