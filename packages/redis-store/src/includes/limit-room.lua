-- How many more attempts may begin now under a limit and, when it is its rate that allows none, when that changes.
-- keys: slots, window; allowed: concurrency, rate, periodMs (nil for any)
local function limit_room(keys, allowed, now)
	local room = math.huge
	if allowed.concurrency then
		room = allowed.concurrency - redis.call("HLEN", keys.slots)
	end
	if allowed.rate then
		redis.call("ZREMRANGEBYSCORE", keys.window, "-inf", integer(now - allowed.periodMs))
		local left = allowed.rate - redis.call("ZCARD", keys.window)
		if left < 1 and room > 0 then
			-- The one whose leaving makes room: the rate may have been lowered since.
			local _, beganAtMs = unpack(redis.call("ZRANGE", keys.window, 0 - left, 0 - left, "WITHSCORES"))
			return 0, tonumber(beganAtMs) + allowed.periodMs
		end
		room = math.min(room, left)
	end
	return room
end
