#!lua flags=allow-oom
-- Names as many waiting tickets as a limit has room for, those first that were offered least lately. They go on waiting
-- until they have a slot, so an offer that is lost is made again.
--
-- KEYS  limit    hash  how much is allowed
--       slots    hash  attempts in progress, by slot
--       window   zset  slots taken within the period, by epoch ms
--       waiting  zset  tickets that wait, in the order in which they are offered
--       watched  zset  limits with waiting tickets, by when to look at them
-- ARGV  key          string, names the limit in watched
--       most         integer, tickets at a time
--       lookAfterMs  integer, when to look again
-- Reply offered …tickets
-- The limit is watched no more when nothing waits.

-- @include now-ms
-- @include limit-room

local keys = { limit = KEYS[1], slots = KEYS[2], window = KEYS[3], waiting = KEYS[4] }
local watched = KEYS[5]
local key, most, lookAfterMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local concurrency, rate, periodMs = unpack(redis.call("HMGET", keys.limit, "concurrency", "rate", "periodMs"))
if redis.call("EXISTS", keys.waiting) == 0 then
	redis.call("ZREM", watched, key)
	redis.call("DEL", keys.limit)
	return { "offered" }
end
local now = now_ms()
local allowed = {
	concurrency = tonumber(concurrency or ""), rate = tonumber(rate or ""), periodMs = tonumber(periodMs or ""),
}
local room, roomAtMs = limit_room(keys, allowed, now)
redis.call("ZADD", watched, integer(roomAtMs or now + lookAfterMs), key)
if room < 1 then
	return { "offered" }
end
local tickets = redis.call("ZRANGE", keys.waiting, 0, math.min(room, most) - 1)
for _, ticket in ipairs(tickets) do
	redis.call("ZADD", keys.waiting, "XX", integer(now), ticket)
end
return { "offered", unpack(tickets) }
