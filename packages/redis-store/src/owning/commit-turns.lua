#!lua flags=allow-oom
-- Commits what the code of many runs decided. Each run is committed whole or left alone, on its own.
-- May write under memory pressure: it ends work, and admission was refused earlier.
--
-- KEYS  lease   hash    ownership of the partition
--       inbox   stream  accepted events
--       timers  zset    due times
--       outbox  stream  tickets to relay
--       held    set     runs that wait for code
--       …turns  per turn: header hash, history list, indexBefore zset, indexAfter zset,
--               then one activity hash per new and per ended activity
-- ARGV  nonce      string
--       after      entry id, where reading goes on
--       limit      integer, entries at most
--       turnCount  integer
--       …turns     per turn: workflowId, runId, version ("" while no code ran), statusBefore, statusAfter, historyLengthBefore,
--                  processedDelta, heldChange (keep | set | clear), heldReason, retentionMs ("" unless it closes),
--                  the counts entries, records, activities, endedActivities, timers, endedTimers, then
--                  entries: entry id · records: msgpack, opaque ·
--                  activities: seq, name, queue, token, historyIndex, policy, checkAfterMs, attemptLookMs, closeAfterMs ·
--                  endedActivities: seq · timers: seq, in | at, ms · endedTimers: seq
-- Reply ok nowMs nextDueMs newestEntry entries turns outboxIds | lease-lost
--       turns: per turn {committed historyLength} | {changed} | {more-accepted}
-- Writes nothing when the reply is lease-lost; per turn, writes only when it is committed.

-- @include now-ms
-- @include news
-- @include read-page
-- @include run-status
-- @include notify-waiters

local lease, inbox, timers, outbox, held = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local nonce, after, limit, turnCount = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end

local now = now_ms()
local keyIndex, argIndex = 5, 4
local function next_key()
	keyIndex = keyIndex + 1
	return KEYS[keyIndex]
end
local function next_arg()
	argIndex = argIndex + 1
	return ARGV[argIndex]
end

-- Arguments are handed to one command in slices: unpack is limited by the Lua stack.
local function each_slice(count, apply)
	local first = argIndex + 1
	while count > 0 do
		local size = math.min(count, 1000)
		apply(first, first + size - 1)
		first, count = first + size, count - size
	end
	argIndex = first - 1
end

local function timer_member(kind, seq, turn)
	return kind .. ":" .. seq .. ":" .. turn.runId .. ":" .. turn.workflowId
end

local function read_turn()
	local turn = { header = next_key(), history = next_key(), indexBefore = next_key(), indexAfter = next_key() }
	for _, name in ipairs({ "workflowId", "runId", "version", "statusBefore", "statusAfter", "historyLengthBefore",
		"processedDelta", "heldChange", "heldReason", "retentionMs" }) do
		turn[name] = next_arg()
	end
	for _, name in ipairs({ "entries", "records", "activities", "endedActivities", "timers", "endedTimers" }) do
		turn[name] = tonumber(next_arg())
	end
	return turn
end

local ACTIVITY_ARGS, TIMER_ARGS = 9, 3
local function skip_body(turn)
	keyIndex = keyIndex + turn.activities + turn.endedActivities
	argIndex = argIndex + turn.entries + turn.records + turn.activities * ACTIVITY_ARGS + turn.endedActivities
		+ turn.timers * TIMER_ARGS + turn.endedTimers
end

local outboxIds = {}

local function schedule_activity(turn)
	local key = next_key()
	local seq, name, queue, token, historyIndex = next_arg(), next_arg(), next_arg(), next_arg(), next_arg()
	local policy, checkAfterMs, attemptLookMs, closeAfterMs = next_arg(), next_arg(), next_arg(), next_arg()
	redis.call("HSET", key,
		"state", "scheduled", "workflowId", turn.workflowId, "name", name, "queue", queue, "token", token,
		"attempt", "1", "historyIndex", historyIndex, "policy", policy,
		"scheduledAtMs", integer(now), "dispatchedAtMs", integer(now))
	if attemptLookMs ~= "" then
		redis.call("HSET", key, "attemptLookMs", attemptLookMs)
	end
	if closeAfterMs ~= "" then
		redis.call("HSET", key, "closeByMs", integer(now + tonumber(closeAfterMs)))
	end
	redis.call("ZADD", timers, integer(now + tonumber(checkAfterMs)), timer_member("activity", seq, turn))
	outboxIds[#outboxIds + 1] = redis.call("XADD", outbox, "*", "queue", queue, "id", turn.workflowId,
		"run", turn.runId, "seq", seq, "attempt", "1", "token", token)
end

local function write_turn(turn)
	each_slice(turn.entries, function(first, last)
		redis.call("XDEL", inbox, unpack(ARGV, first, last))
	end)
	local lastRecord = argIndex + turn.records
	each_slice(turn.records, function(first, last)
		redis.call("RPUSH", turn.history, unpack(ARGV, first, last))
	end)
	for _ = 1, turn.activities do
		schedule_activity(turn)
	end
	for _ = 1, turn.endedActivities do
		redis.call("DEL", next_key())
		redis.call("ZREM", timers, timer_member("activity", next_arg(), turn))
	end
	for _ = 1, turn.timers do
		local seq, mode, ms = next_arg(), next_arg(), tonumber(next_arg())
		redis.call("ZADD", timers, integer(mode == "in" and now + ms or ms), timer_member("timer", seq, turn))
	end
	for _ = 1, turn.endedTimers do
		redis.call("ZREM", timers, timer_member("timer", next_arg(), turn))
	end
	local historyLength = integer(tonumber(turn.historyLengthBefore) + turn.records)
	redis.call("HSET", turn.header, "historyLength", historyLength)
	if turn.processedDelta ~= "0" then
		redis.call("HINCRBY", turn.header, "processed", turn.processedDelta)
	end
	if turn.version ~= "" then
		redis.call("HSETNX", turn.header, "version", turn.version)
	end
	if turn.heldChange == "set" then
		redis.call("HSET", turn.header, "heldReason", turn.heldReason)
		redis.call("SADD", held, turn.workflowId)
	elseif turn.heldChange == "clear" then
		redis.call("HDEL", turn.header, "heldReason")
		redis.call("SREM", held, turn.workflowId)
	end
	if turn.statusAfter == turn.statusBefore then
		redis.call("HSET", turn.header, "updatedAtMs", integer(now))
	else
		change_status(turn.header, turn.indexBefore, turn.indexAfter, turn.workflowId, turn.statusAfter, integer(now))
	end
	if turn.retentionMs ~= "" then
		redis.call("ZADD", timers, integer(now + tonumber(turn.retentionMs)), timer_member("purge", "0", turn))
		notify_waiters(turn.header, turn.workflowId, turn.runId, turn.statusAfter, ARGV[lastRecord])
	end
	return { "committed", historyLength }
end

local function commit_turn(turn)
	local runId, status, historyLength, accepted, processed = unpack(redis.call("HMGET", turn.header,
		"runId", "status", "historyLength", "accepted", "processed"))
	if runId ~= turn.runId or status ~= turn.statusBefore or historyLength ~= turn.historyLengthBefore then
		skip_body(turn)
		return { "changed" }
	end
	-- Close rule: the end of a run waits until everything accepted for it is in its history.
	if turn.retentionMs ~= "" and tonumber(accepted) ~= tonumber(processed) + tonumber(turn.processedDelta) then
		skip_body(turn)
		return { "more-accepted" }
	end
	return write_turn(turn)
end

local turnReplies = {}
for index = 1, turnCount do
	turnReplies[index] = commit_turn(read_turn())
end
local entries = read_page(lease, inbox, after, limit)
local nowText, nextDue, newest = news(inbox, timers)
return { "ok", nowText, nextDue, newest, entries, turnReplies, outboxIds }
