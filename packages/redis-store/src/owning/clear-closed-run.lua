#!lua flags=allow-oom
-- Removes what a run that was closed from outside left behind, and sets its purge time.
--
-- KEYS  lease       hash  ownership of the partition
--       timers      zset  due times
--       header      hash  the run
--       …activities hash  pending activities of the run
-- ARGV  nonce        string
--       runId        string
--       purgeMember  string, in timers
--       retentionMs  integer, from now
--       …members     timers of the run: activities, user timers, its delayed start and its deadline
-- Reply done | lease-lost
-- Does nothing when the run is open; repeating it is safe.

-- @include now-ms
-- @include run-status

local lease, timers, header = KEYS[1], KEYS[2], KEYS[3]
local nonce, runId, purgeMember, retentionMs = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local currentRun, status = unpack(redis.call("HMGET", header, "runId", "status"))
if currentRun == runId and OPEN[status] then
	return { "done" }
end
for index = 4, #KEYS do
	redis.call("DEL", KEYS[index])
end
for index = 5, #ARGV do
	redis.call("ZREM", timers, ARGV[index])
end
if currentRun == runId then
	redis.call("ZADD", timers, "NX", integer(now_ms() + retentionMs), purgeMember)
end
return { "done" }
