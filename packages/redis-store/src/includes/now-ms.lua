-- Epoch milliseconds of the Redis clock.
local function now_ms()
	local time = redis.call("TIME")
	return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Lua numbers are doubles; "%.0f" keeps every integer below 2^53 exact.
local function integer(number)
	return string.format("%.0f", number)
end
