#!lua flags=allow-oom
-- Counts one request of a caller against what he may make in a day.
--
-- KEYS  quota  hash  the day, and requests counted in it
-- ARGV  perDay  integer
-- Reply granted left | refused retryAfterMs
-- Repeating it counts again: a limit may err on the strict side. Writes only when the reply is granted.

-- @include now-ms

local quota = KEYS[1]
local perDay = tonumber(ARGV[1])
local dayMs = 86400000

local now = now_ms()
local today = math.floor(now / dayMs)
local day, used = unpack(redis.call("HMGET", quota, "day", "used"))
local count = tonumber(day) == today and tonumber(used) or 0
local untilTomorrowMs = (today + 1) * dayMs - now
if count >= perDay then
	return { "refused", integer(untilTomorrowMs) }
end
redis.call("HSET", quota, "day", integer(today), "used", integer(count + 1))
redis.call("PEXPIRE", quota, integer(untilTomorrowMs + 1000))
return { "granted", perDay - count - 1 }
