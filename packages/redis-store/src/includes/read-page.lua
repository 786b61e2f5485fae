-- @include news
-- Entries behind `after`, and the newest entry of the inbox. When there is none, the owner is noted as idle in the
-- same step, so that no event can slip in between its last read and its going to wait.
-- lease: key, channel and idle as stored
local function read_page(lease, inbox, after, limit)
	-- XRANGE answers nil to COUNT 0. Who reads nothing cannot know that there is nothing, so it is not idle.
	if limit == "0" then
		return {}, newest_entry(inbox)
	end
	local entries = redis.call("XRANGE", inbox, after == "0" and "-" or "(" .. after, "+", "COUNT", limit)
	if #entries == 0 then
		redis.call("HSET", lease.key, "idle", lease.channel)
		return entries, after
	end
	if lease.idle then
		redis.call("HDEL", lease.key, "idle")
	end
	if #entries < tonumber(limit) then
		return entries, entries[#entries][1]
	end
	return entries, newest_entry(inbox)
end
