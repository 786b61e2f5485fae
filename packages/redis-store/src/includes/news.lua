-- What the owner should look at next: now, due time of the earliest timer ("" for none), newest inbox entry.
local function news(inbox, timers)
	local earliest = redis.call("ZRANGE", timers, 0, 0, "WITHSCORES")
	local newest = redis.call("XREVRANGE", inbox, "+", "-", "COUNT", 1)
	return integer(now_ms()), earliest[2] or "", newest[1] and newest[1][1] or "0-0"
end
