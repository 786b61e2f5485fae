#!lua flags=allow-oom
-- Stores a step of a schedule: what its owner decided, or what it performed of that.
--
-- KEYS  lease     hash  ownership of the partition
--       schedule  hash  the schedule
--       requests  list  asked of it, and not taken by its owner
--       underWay  set   schedules with something under way
--       timers    zset  due times
-- ARGV  nonce             string
--       member            string, in timers
--       underWayMember    string, in underWay
--       incarnation       string
--       expectedRevision  integer
--       spec              msgpack, opaque, "" when it stays
--       progress          msgpack, opaque
--       requestsDone      integer, of the oldest requests
--       dueMs             epoch ms of the next look, "" for none
--       isUnderWay        1 or 0
-- Reply advanced | changed | lease-lost
-- Writes only when the reply is advanced.

-- @include now-ms

local lease, schedule, requests, underWay, timers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local nonce, member, underWayMember, incarnation, expectedRevision = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local spec, progress, requestsDone, dueMs, isUnderWay = ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10] == "1"

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local currentIncarnation, revision = unpack(redis.call("HMGET", schedule, "incarnation", "revision"))
if currentIncarnation ~= incarnation or revision ~= expectedRevision then
	return { "changed" }
end
redis.call("HINCRBY", schedule, "revision", 1)
redis.call("HSET", schedule, "progress", progress)
if spec ~= "" then
	redis.call("HSET", schedule, "spec", spec)
end
redis.call("LTRIM", requests, requestsDone, -1)
if redis.call("LLEN", requests) > 0 then
	-- Asked since it was read; that call's due time would be overwritten here.
	dueMs = integer(now_ms())
end
if dueMs == "" then
	redis.call("ZREM", timers, member)
else
	redis.call("ZADD", timers, dueMs, member)
end
redis.call(isUnderWay and "SADD" or "SREM", underWay, underWayMember)
return { "advanced" }
