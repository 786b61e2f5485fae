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
--       livenessMs  integer, how long the worker may stay silent; "" leaves the attempt open for whoever has its token
--       member      string, in timers
--       slot        string, of the limit that the attempt falls under; "" for none
--       claimByMs   epoch ms, until when the slot is good; "" for none
-- Reply go attempt name policy scheduledAtMs nowMs heartbeatDetails record | limited limits queue | stale
-- Writes only when the reply is go.

-- @include now-ms
-- @include run-status

local timers, activity, header, history = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local runId, token, worker = ARGV[1], ARGV[2], ARGV[3]
local livenessMs, member, slot, claimByMs = ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])

local state, currentToken, currentWorker, attempt, name, policy, scheduledAtMs, historyIndex, details, look, closeByMs,
	limits, queue =
	unpack(redis.call("HMGET", activity, "state", "token", "worker", "attempt", "name", "policy",
		"scheduledAtMs", "historyIndex", "heartbeatDetails", "attemptLookMs", "closeByMs", "limits", "queue"))
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
if limits and state ~= "started" then
	if slot == "" or now > claimByMs then
		return { "limited", limits, queue }
	end
	redis.call("HSET", activity, "slot", slot)
end
local nowText = integer(now)
redis.call("HSET", activity, "state", "started", "worker", worker, "claimedAtMs", nowText)
local lookAfterMs = tonumber(look) or math.huge
if livenessMs ~= "" then
	redis.call("HSET", activity, "aliveAtMs", nowText, "livenessMs", livenessMs)
	lookAfterMs = math.min(lookAfterMs, tonumber(livenessMs))
end
local lookAt = math.min(now + lookAfterMs, tonumber(closeByMs) or math.huge)
if lookAt == math.huge then
	redis.call("ZREM", timers, member)
else
	redis.call("ZADD", timers, integer(lookAt), member)
end
return {
	"go", attempt, name, policy, scheduledAtMs, nowText, details or "",
	redis.call("LINDEX", history, historyIndex),
}
