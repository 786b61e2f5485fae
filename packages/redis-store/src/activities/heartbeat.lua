#!lua flags=allow-oom
-- Notes that the worker of a claimed attempt lives, and what its code reports.
--
-- KEYS  activity  hash  the pending activity
--       header    hash  the run
-- ARGV  runId         string
--       token         string, of the ticket
--       fromActivity  1 when the activity's own code reported
--       hasDetails    1 when details are given
--       details       msgpack, opaque
-- Reply alive | stale
-- Writes only when the reply is alive.

-- @include now-ms
-- @include run-status

local activity, header = KEYS[1], KEYS[2]
local runId, token, fromActivity, hasDetails, details = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local state, currentToken = unpack(redis.call("HMGET", activity, "state", "token"))
if state ~= "started" or currentToken ~= token then
	return { "stale" }
end
local currentRun, status = unpack(redis.call("HMGET", header, "runId", "status"))
if currentRun ~= runId or not OPEN[status] then
	return { "stale" }
end
local now = integer(now_ms())
redis.call("HSET", activity, "aliveAtMs", now)
if fromActivity == "1" then
	redis.call("HSET", activity, "heartbeatAtMs", now)
end
if hasDetails == "1" then
	redis.call("HSET", activity, "heartbeatDetails", details)
end
return { "alive" }
