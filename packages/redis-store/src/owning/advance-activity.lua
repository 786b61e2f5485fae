#!lua flags=allow-oom
-- Moves one pending activity on, by compare-and-set on what the owner saw.
--
-- KEYS  lease     hash    ownership of the partition
--       inbox     stream  accepted events
--       timers    zset    due times
--       outbox    stream  tickets to relay
--       activity  hash    the pending activity
--       header    hash    the run
-- ARGV  nonce       string
--       step        look-again | stop-looking | put-ticket-again | dispatch | time-out | drop
--       member      string, in timers
--       workflowId  string
--       runId       string
--       seq         integer
--       attempt     integer, as the owner saw it
--       token       string, as the owner saw it; "" while it backs off
--       dueMs       epoch ms, when to look again; "" for stop-looking, time-out and drop
--       newToken    string, random; for dispatch
--       data        msgpack failure; for time-out
--       delayMs     integer; for time-out, "" when the run is told
--       workerLost  1 when the time-out is for its worker's silence
-- Reply done limits slot | ticket entryId attempt | skipped | lease-lost
-- Writes nothing when the reply is lease-lost, or skipped because it moved on meanwhile.
-- What is left of an activity that is gone, or of a closed run, is removed with skipped.

-- @include now-ms
-- @include run-status
-- @include settle-attempt

local keys = { lease = KEYS[1], inbox = KEYS[2], timers = KEYS[3] }
local outbox, activity, header = KEYS[4], KEYS[5], KEYS[6]
local nonce, step, member, workflowId, runId, seq = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local seenAttempt, seenToken, dueMs, newToken, data, delayMs = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12]
local workerLost = ARGV[13]

if redis.call("HGET", keys.lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local state, token, attempt, queue, uncounted =
	unpack(redis.call("HMGET", activity, "state", "token", "attempt", "queue", "uncounted"))
if not state then
	redis.call("ZREM", keys.timers, member)
	return { "skipped" }
end
if attempt ~= seenAttempt or (token or "") ~= seenToken then
	return { "skipped" }
end
local currentRun, status = unpack(redis.call("HMGET", header, "runId", "status"))
if step == "drop" or currentRun ~= runId or not OPEN[status] then
	redis.call("DEL", activity)
	redis.call("ZREM", keys.timers, member)
	return { "skipped" }
end

-- The worker handed it over after the owner had looked: whoever has it now is not silent.
if workerLost == "1" and redis.call("HEXISTS", activity, "livenessMs") == 0 then
	return { "skipped" }
end
if step == "time-out" then
	local _, limits, slot = settle_attempt(keys, {
		activity = activity, header = header, member = member, workflowId = workflowId, runId = runId,
		seq = seq, token = token or "",
	}, {
		outcome = delayMs == "" and "failed" or "retry", data = data, delayMs = tonumber(delayMs) or 0,
	})
	return { "done", limits, slot }
end

local function put_ticket(ticketToken, ticketAttempt)
	redis.call("ZADD", keys.timers, dueMs, member)
	local entryId = redis.call("XADD", outbox, "*", "queue", queue, "id", workflowId, "run", runId,
		"seq", seq, "attempt", ticketAttempt, "token", ticketToken)
	return { "ticket", entryId, ticketAttempt }
end

if step == "dispatch" and state == "backing-off" then
	local nextAttempt = uncounted and attempt or integer(tonumber(attempt) + 1)
	redis.call("HDEL", activity, "retryAtMs", "uncounted", "ticketChecks")
	redis.call("HSET", activity, "state", "scheduled", "attempt", nextAttempt, "token", newToken,
		"dispatchedAtMs", integer(now_ms()))
	return put_ticket(newToken, nextAttempt)
end
if step == "put-ticket-again" and state == "scheduled" then
	redis.call("HINCRBY", activity, "ticketChecks", 1)
	return put_ticket(token, attempt)
end
if step == "stop-looking" then
	redis.call("ZREM", keys.timers, member)
	return { "done" }
end
if step == "look-again" then
	redis.call("ZADD", keys.timers, dueMs, member)
	return { "done" }
end
return { "skipped" }
