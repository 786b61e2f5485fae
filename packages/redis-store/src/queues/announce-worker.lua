#!lua flags=allow-oom
-- Notes that a worker serves a queue, and forgets those that have fallen silent.
--
-- KEYS  workers        zset  until when each worker of the queue counts as alive
--       workerDetails  hash  what each said of itself
--       queues         zset  when each queue was last in use
-- ARGV  queue     string
--       workerId  string
--       details   JSON, opaque
--       ttlMs     integer, how long it counts as alive
-- Reply announced
-- Repeating it is safe. What nobody renews goes by its lifetime.

-- @include now-ms

local workers, workerDetails, queues = KEYS[1], KEYS[2], KEYS[3]
local queue, workerId, details, ttlMs = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
-- A few at a time, so that the server is never held up; each beat of a worker takes more than can have fallen silent.
local MOST_FORGOTTEN = 32

local now = now_ms()
redis.call("ZADD", workers, integer(now + ttlMs), workerId)
redis.call("HSET", workerDetails, workerId, details)
local silent = redis.call("ZRANGEBYSCORE", workers, "-inf", integer(now), "LIMIT", 0, MOST_FORGOTTEN)
if #silent > 0 then
	redis.call("ZREM", workers, unpack(silent))
	redis.call("HDEL", workerDetails, unpack(silent))
end
local _, lastEndMs = unpack(redis.call("ZRANGE", workers, -1, -1, "WITHSCORES"))
local lifetimeMs = integer(tonumber(lastEndMs) - now)
redis.call("PEXPIRE", workers, lifetimeMs)
redis.call("PEXPIRE", workerDetails, lifetimeMs)
redis.call("ZADD", queues, integer(now), queue)
return { "announced" }
