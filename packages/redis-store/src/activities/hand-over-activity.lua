#!lua flags=allow-oom
-- Ends the care of a worker for the attempt that it claimed: whoever holds the token settles it from outside.
--
-- KEYS  activity  hash  the pending activity
--       header    hash  the run
-- ARGV  runId  string
--       token  string, of the ticket
-- Reply handed-over | stale
-- Writes only when the reply is handed-over; repeating it is safe.

-- @include run-status

local activity, header = KEYS[1], KEYS[2]
local runId, token = ARGV[1], ARGV[2]

local state, currentToken = unpack(redis.call("HMGET", activity, "state", "token"))
if state ~= "started" or currentToken ~= token then
	return { "stale" }
end
local currentRun, status = unpack(redis.call("HMGET", header, "runId", "status"))
if currentRun ~= runId or not OPEN[status] then
	return { "stale" }
end
-- The timer stays: at its next look the owner finds no liveness and plans by the timeouts that are left.
redis.call("HDEL", activity, "worker", "aliveAtMs", "livenessMs")
return { "handed-over" }
