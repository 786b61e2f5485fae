#!lua flags=allow-oom
-- Remembers that a queue was polled, and forgets the oldest of what is remembered.
--
-- KEYS  pollers       zset  who polled the queue, by epoch ms
--       polledQueues  zset  labels of queues that were polled, by epoch ms
-- ARGV  label       string, opaque
--       poller      string, opaque
--       lifetimeMs  integer, how long a poll is remembered
-- Reply noted
-- Repeating it is safe.

-- @include now-ms

local pollers, polledQueues = KEYS[1], KEYS[2]
local label, poller, lifetimeMs = ARGV[1], ARGV[2], tonumber(ARGV[3])
local MOST_POLLERS, MOST_QUEUES = 1000, 10000

local now = now_ms()
redis.call("ZADD", pollers, integer(now), poller)
redis.call("ZREMRANGEBYRANK", pollers, 0, -1 - MOST_POLLERS)
redis.call("PEXPIRE", pollers, integer(lifetimeMs))
redis.call("ZADD", polledQueues, integer(now), label)
redis.call("ZREMRANGEBYSCORE", polledQueues, "-inf", integer(now - lifetimeMs))
redis.call("ZREMRANGEBYRANK", polledQueues, 0, -1 - MOST_QUEUES)
return { "noted" }
