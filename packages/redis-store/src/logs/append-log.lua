#!lua
-- Adds lines to a log and forgets the oldest.
--
-- KEYS  log  zset  its lines, numbered
-- ARGV  most        integer, lines that stay
--       lifetimeMs  integer, from now
--       …lines      string, unique: a line that is there is not added again
-- Reply appended

local log = KEYS[1]
local most, lifetimeMs = tonumber(ARGV[1]), ARGV[2]

local _, last = unpack(redis.call("ZRANGE", log, -1, -1, "WITHSCORES"))
local number = tonumber(last or "0")
for index = 3, #ARGV do
	if not redis.call("ZSCORE", log, ARGV[index]) then
		number = number + 1
		redis.call("ZADD", log, string.format("%.0f", number), ARGV[index])
	end
end
redis.call("ZREMRANGEBYRANK", log, 0, -1 - most)
redis.call("PEXPIRE", log, lifetimeMs)
return { "appended" }
