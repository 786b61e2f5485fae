#!lua flags=allow-oom
-- Lets an attempt begin if the limit that it falls under has room, or notes that its ticket waits for it.
--
-- KEYS  limit    hash  how much is allowed, as whoever came last says it
--       slots    hash  attempts in progress, by slot
--       window   zset  slots taken within the period, by epoch ms
--       waiting  zset  tickets that wait, in the order in which they are offered
--       watched  zset  limits with waiting tickets, by when to look at them
-- ARGV  key            string, names the limit in watched
--       concurrency    integer; "" for any number
--       rate           integer; "" for any number
--       periodMs       integer; "" without rate
--       slot           string, random; its repeating the call is safe
--       holder         JSON, opaque: whose slot it is
--       claimWithinMs  integer, how long the slot is good for a claim
--       ticket         JSON, opaque
--       lookAfterMs    integer, when to look at the first of those that wait
-- Reply taken claimByMs | full
-- Nothing is taken when the reply is full.

-- @include now-ms
-- @include limit-room

local keys = { limit = KEYS[1], slots = KEYS[2], window = KEYS[3], waiting = KEYS[4] }
local watched = KEYS[5]
local key, concurrency, rate, periodMs, slot, holder = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local claimWithinMs, ticket, lookAfterMs = tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])

local now = now_ms()
local claimByMs = integer(now + claimWithinMs)
if redis.call("HEXISTS", keys.slots, slot) == 1 or redis.call("ZSCORE", keys.window, slot) then
	return { "taken", claimByMs }
end
local allowed = { concurrency = tonumber(concurrency), rate = tonumber(rate), periodMs = tonumber(periodMs) }
local room, roomAtMs = limit_room(keys, allowed, now)
if room < 1 then
	redis.call("HSET", keys.limit, "concurrency", concurrency, "rate", rate, "periodMs", periodMs)
	redis.call("ZADD", keys.waiting, "NX", integer(now), ticket)
	redis.call("ZADD", watched, "LT", integer(roomAtMs or now + lookAfterMs), key)
	return { "full" }
end
if allowed.concurrency then
	redis.call("HSET", keys.slots, slot, claimByMs .. " " .. holder)
end
if allowed.rate then
	redis.call("ZADD", keys.window, integer(now), slot)
	redis.call("PEXPIRE", keys.window, periodMs)
end
redis.call("ZREM", keys.waiting, ticket)
return { "taken", claimByMs }
