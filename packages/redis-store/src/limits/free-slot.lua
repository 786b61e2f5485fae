#!lua flags=allow-oom
-- Gives a slot back, and says so when somebody waits for it.
--
-- KEYS  slots    hash  attempts in progress, by slot
--       window   zset  slots taken within the period, by epoch ms
--       waiting  zset  tickets that wait
--       watched  zset  limits with waiting tickets, by when to look at them
-- ARGV  key        string, names the limit in watched
--       slot       string
--       wasUnused  1 when its attempt never began, so that the rate is given back as well
--       channel    string, where coordinators hear of it
-- Reply freed | none
-- Repeating it is safe.

-- @include now-ms

local slots, window, waiting, watched = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local key, slot, wasUnused, channel = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local freed = redis.call("HDEL", slots, slot)
if wasUnused == "1" then
	freed = freed + redis.call("ZREM", window, slot)
end
if freed == 0 then
	return { "none" }
end
if redis.call("EXISTS", waiting) == 1 then
	redis.call("ZADD", watched, "LT", integer(now_ms()), key)
	redis.call("PUBLISH", channel, key)
end
return { "freed" }
