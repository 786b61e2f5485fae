-- Due time of the earliest timer, "" for none.
local function earliest_due(timers)
	return redis.call("ZRANGE", timers, 0, 0, "WITHSCORES")[2] or ""
end

-- Id of the newest entry of the inbox, "0-0" when it is empty.
local function newest_entry(inbox)
	local newest = redis.call("XREVRANGE", inbox, "+", "-", "COUNT", 1)
	return newest[1] and newest[1][1] or "0-0"
end
