#!lua flags=allow-oom
-- Gives a dispatched attempt to the one worker that may run it.
--
-- KEYS  timers    zset  due times
--       activity  hash  the pending activity
--       header    hash  the run
--       history   list  history of the current run
-- ARGV  runId       string
--       token       string, of the ticket
--       worker      string, unique; its repeating the call is safe
--       livenessMs  integer, how long the worker may stay silent
--       member      string, in timers
-- Reply go attempt name policy scheduledAtMs nowMs heartbeatDetails record | stale
-- Writes only when the reply is go.

-- @include now-ms
-- @include run-status

local timers, activity, header, history = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local runId, token, worker = ARGV[1], ARGV[2], ARGV[3]
local livenessMs, member = ARGV[4], ARGV[5]

local state, currentToken, currentWorker, attempt, name, policy, scheduledAtMs, historyIndex, details, look, closeByMs =
	unpack(redis.call("HMGET", activity, "state", "token", "worker", "attempt", "name", "policy",
		"scheduledAtMs", "historyIndex", "heartbeatDetails", "attemptLookMs", "closeByMs"))
if not state or currentToken ~= token then
	return { "stale" }
end
-- A ticket can be delivered twice. The first worker wins; if it died, the owner dispatches a new attempt.
if state == "started" and currentWorker ~= worker then
	return { "stale" }
end
local currentRun, status = unpack(redis.call("HMGET", header, "runId", "status"))
if currentRun ~= runId or not OPEN[status] then
	return { "stale" }
end

local now = now_ms()
local nowText = integer(now)
local lookAt = now + math.min(tonumber(livenessMs), tonumber(look or livenessMs))
if closeByMs then
	lookAt = math.min(lookAt, tonumber(closeByMs))
end
redis.call("HSET", activity, "state", "started", "worker", worker,
	"claimedAtMs", nowText, "aliveAtMs", nowText, "livenessMs", livenessMs)
redis.call("ZADD", timers, integer(lookAt), member)
return {
	"go", attempt, name, policy, scheduledAtMs, nowText, details or "",
	redis.call("LINDEX", history, historyIndex),
}
