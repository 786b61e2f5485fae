#!lua flags=allow-oom
-- Commits what the code of many runs decided. Each run is committed whole or left alone, on its own.
-- May write under memory pressure: it ends work, and admission was refused earlier.
--
-- KEYS  lease     hash    ownership of the partition
--       inbox     stream  accepted events
--       timers    zset    due times
--       outbox    stream  tickets to relay
--       held      set     runs that wait for code or have inline steps to run
--       versions  hash    open runs by type and version
--       feed      stream  changes of statuses, for who watches
--       …turns    per turn: header hash, history list, indexBefore zset, indexAfter zset,
--                 then one activity hash per new and per ended activity, then the signalIds hash if it has updates or
--                 references or continues as a new run, then the messages stream and the children hash if it has
--                 anything outgoing, then the cutOff list if it finishes a reset, then the offloaded hash if it has such
--                 values or continues as a new run, then attributes hash, byAttribute zset and memos hash if it has search
-- ARGV  nonce    string
--       after    entry id, where reading goes on
--       limit    integer, entries at most
--       records  bytes, opaque: the history records of all turns, one behind the other; a turn that continues as a new
--                run has its input and the data of the events it takes along behind its own records, which are not
--                stored; behind them the values that the turn offloads
--       turns    msgpack, in one argument because that is cheap to write and to read; per turn a list of
--                workflowId, runId, version ("" while no code ran), statusBefore, statusAfter, historyLengthBefore,
--                processedDelta, heldReason ("" clears it, false keeps it), retentionMs (false unless it closes),
--                entryIds, recordBytes (length of each record), work (false for none) {activities, endedActivities
--                (seq), timers, endedTimers (seq), references (false for none)}; activity {seq, name, queue, token,
--                historyIndex, policy, checkAfterMs, attemptLookMs or false, closeAfterMs or false,
--                limits or false}; timer {seq,
--                isDueTime, ms}; reference {field, value, or false when it is taken away};
--                continuation (false for none) {new run id, type, events {kind, name, reference}, count of own records,
--                ids of the offloaded values that go along};
--                updates (false for none) {updateId, state, value}: see write-updates;
--                outgoing (false for none): see write-outgoing; whether it finishes a reset;
--                offloaded (false for none) {ids, bytes of each}; awaitsSteps ("1" or "0", "" as before);
--                last, and mostly absent, search {changes: see change-attributes, memo: set | removed | kept}; a memo
--                that is set is behind everything else of the turn's records
-- Reply ok nowMs nextDueMs newestEntry entries turns outboxIds | lease-lost
--       turns: per turn {committed historyLength} | {changed} | {more-accepted}
-- Writes nothing when the reply is lease-lost; per turn, writes only when it is committed.

-- @include now-ms
-- @include read-page
-- @include run-status
-- @include notify-waiters
-- @include in-slices
-- @include timer-member
-- @include continue-run
-- @include write-updates
-- @include carry-deadlines
-- @include write-outgoing
-- @include offloaded-values
-- @include change-attributes
-- @include count-version

local leaseKey, inbox, timers, outbox, held, versions = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local feed = KEYS[7]
local nonce, after, limit, allRecords = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local owner, channel, idle = unpack(redis.call("HMGET", leaseKey, "nonce", "channel", "idle"))
if owner ~= nonce then
	return { "lease-lost" }
end

local now = now_ms()
local nowText = integer(now)
local keyIndex = 7
local function next_key()
	keyIndex = keyIndex + 1
	return KEYS[keyIndex]
end

-- What all turns together take from the inbox, add to the timers (score, member) and remove from them: one call each.
local takenEntries, addedTimers, endedTimers, outboxIds = {}, {}, {}, {}
-- By how much the numbers of open runs per version change; added up, because they mostly cancel out.
local versionChanges = {}

local function add_timer(kind, seq, turn, dueMs)
	addedTimers[#addedTimers + 1] = integer(dueMs)
	addedTimers[#addedTimers + 1] = timer_member(kind, seq, turn)
end

local function schedule_activity(turn, activity)
	local key = next_key()
	local seq, name, queue, token, historyIndex, policy, checkAfterMs, attemptLookMs, closeAfterMs,
		limits = unpack(activity)
	redis.call("HSET", key,
		"state", "scheduled", "workflowId", turn.workflowId, "name", name, "queue", queue, "token", token,
		"attempt", "1", "historyIndex", historyIndex, "policy", policy,
		"scheduledAtMs", nowText, "dispatchedAtMs", nowText)
	if attemptLookMs then
		redis.call("HSET", key, "attemptLookMs", attemptLookMs)
	end
	if closeAfterMs then
		redis.call("HSET", key, "closeByMs", integer(now + closeAfterMs))
	end
	if limits then
		redis.call("HSET", key, "limits", limits)
	end
	add_timer("activity", seq, turn, now + checkAfterMs)
	outboxIds[#outboxIds + 1] = redis.call("XADD", outbox, "*", "queue", queue, "id", turn.workflowId,
		"run", turn.runId, "seq", seq, "attempt", "1", "token", token)
end

local function write_work(turn, newActivities, endedActivities, newTimers, cancelledTimers)
	for _, activity in ipairs(newActivities) do
		schedule_activity(turn, activity)
	end
	for _, seq in ipairs(endedActivities) do
		redis.call("DEL", next_key())
		endedTimers[#endedTimers + 1] = timer_member("activity", seq, turn)
	end
	for _, timer in ipairs(newTimers) do
		local seq, isDueTime, ms = unpack(timer)
		add_timer("timer", seq, turn, isDueTime and ms or now + ms)
	end
	for _, seq in ipairs(cancelledTimers) do
		endedTimers[#endedTimers + 1] = timer_member("timer", seq, turn)
	end
end

local function write_references(signalIds, references)
	for _, reference in ipairs(references) do
		local field, value = unpack(reference)
		if value then
			redis.call("HSET", signalIds, field, value)
		else
			redis.call("HDEL", signalIds, field)
		end
	end
end

-- Whether the keys of the turn end with the signalIds hash.
local function has_signal_ids(turn)
	return turn.updates or turn.continuation or turn.work and turn.work[5]
end

-- Whether they then end with the offloaded hash.
local function has_offloaded(turn)
	return turn.offloaded or turn.continuation
end

local function write_header(turn, stored, historyLength)
	local changes = {
		"historyLength", historyLength, "processed", integer(tonumber(stored.processed) + turn.processedDelta),
		"updatedAtMs", nowText, "status", turn.statusAfter,
	}
	if turn.version ~= "" and not stored.version then
		changes[9], changes[10] = "version", turn.version
	end
	redis.call("HSET", turn.header, unpack(changes))
	if turn.heldReason == "" then
		redis.call("HDEL", turn.header, "heldReason")
		redis.call("SREM", held, turn.workflowId)
	elseif turn.heldReason then
		redis.call("HSET", turn.header, "heldReason", turn.heldReason)
		redis.call("SADD", held, turn.workflowId)
	end
	if turn.statusAfter ~= turn.statusBefore then
		redis.call("ZREM", turn.indexBefore, turn.workflowId)
		redis.call("ZADD", turn.indexAfter, stored.createdAtMs, turn.workflowId)
		note_change(feed, turn, stored.type, turn.statusAfter, stored.createdAtMs)
	end
end

-- Nothing in the inbox tells a new owner of steps that its predecessor had begun.
local function note_steps(turn)
	if turn.awaitsSteps == "1" then
		redis.call("SADD", held, turn.workflowId)
	elseif turn.awaitsSteps == "0" then
		redis.call("SREM", held, turn.workflowId)
	end
end

-- A run counts from the turn that gives it a version until it is closed or continues as a new one.
local function note_version(turn, stored)
	local counted = stored.version and 1 or 0
	local version = stored.version or turn.version
	local counts = version ~= "" and not turn.retentionMs and not turn.continuation and 1 or 0
	if counts ~= counted then
		local field = version_field(stored.type, version)
		versionChanges[field] = (versionChanges[field] or 0) + counts - counted
	end
end

local function write_turn_search(turn, stored)
	local changes, memo = unpack(turn.search)
	local keys = { header = turn.header, attributes = next_key(), byAttribute = next_key(), memos = next_key() }
	local written = ""
	if memo == "set" then
		written = table.remove(turn.records)
	elseif memo == "removed" then
		written = false
	end
	write_search(keys, { workflowId = turn.workflowId, type = stored.type }, changes, written)
end

local function continue_turn(turn, signalIds, stored)
	local deadlineMs = carry_deadlines(turn.header, now)
	if deadlineMs then
		endedTimers[#endedTimers + 1] = timer_member("deadline", "0", turn)
		add_timer("deadline", "0", { runId = turn.continuation[1], workflowId = turn.workflowId }, deadlineMs)
	end
	local keys = { lease = leaseKey, inbox = inbox, signalIds = signalIds, feed = feed }
	continue_run(keys, turn, stored, nowText)
	return { "committed", "0" }
end

local function write_turn(turn, stored)
	for _, entryId in ipairs(turn.entryIds) do
		takenEntries[#takenEntries + 1] = entryId
	end
	if turn.work then
		write_work(turn, unpack(turn.work))
	end
	local signalIds = has_signal_ids(turn) and next_key()
	if turn.work and turn.work[5] then
		write_references(signalIds, turn.work[5])
	end
	if turn.updates then
		write_updates(signalIds, turn, stored.firstRunId or turn.runId, turn.updates)
	end
	if turn.outgoing then
		write_outgoing(next_key(), next_key(), turn, turn.outgoing)
	end
	if turn.finishesReset then
		redis.call("DEL", next_key())
		redis.call("HDEL", turn.header, "resetPending")
	end
	local offloaded = has_offloaded(turn) and next_key()
	if turn.offloaded then
		write_offloaded(offloaded, turn.offloaded[1], turn.offloadedValues)
	end
	if turn.search then
		write_turn_search(turn, stored)
	end
	note_version(turn, stored)
	if turn.continuation then
		keep_offloaded(offloaded, turn.continuation[5])
		note_steps(turn)
		return continue_turn(turn, signalIds, stored)
	end
	in_slices(turn.records, function(...)
		redis.call("RPUSH", turn.history, ...)
	end)
	local historyLength = integer(turn.historyLengthBefore + #turn.records)
	write_header(turn, stored, historyLength)
	note_steps(turn)
	if turn.retentionMs then
		add_timer("purge", "0", turn, now + turn.retentionMs)
		-- Cheaper to name than to ask whether there is one.
		endedTimers[#endedTimers + 1] = timer_member("deadline", "0", turn)
		notify_waiters(stored.waiters, turn.header, turn.workflowId, turn.runId, turn.statusAfter,
			turn.records[#turn.records])
	end
	return { "committed", historyLength }
end

-- Keys are named in the order of the turns, so those of a turn that is not written are passed over.
local function refused(turn, why)
	if turn.work then
		local newActivities, endedActivities = unpack(turn.work)
		keyIndex = keyIndex + #newActivities + #endedActivities
	end
	if has_signal_ids(turn) then
		keyIndex = keyIndex + 1
	end
	if turn.outgoing then
		keyIndex = keyIndex + 2
	end
	if turn.finishesReset then
		keyIndex = keyIndex + 1
	end
	if has_offloaded(turn) then
		keyIndex = keyIndex + 1
	end
	if turn.search then
		keyIndex = keyIndex + 3
	end
	return { why }
end

local recordsTaken = 0
local function next_records(lengths)
	local records = {}
	for index, length in ipairs(lengths) do
		records[index] = string.sub(allRecords, recordsTaken + 1, recordsTaken + length)
		recordsTaken = recordsTaken + length
	end
	return records
end

local function read_turn(list)
	local turn = { header = next_key(), history = next_key(), indexBefore = next_key(), indexAfter = next_key() }
	local recordBytes
	turn.workflowId, turn.runId, turn.version, turn.statusBefore, turn.statusAfter, turn.historyLengthBefore,
		turn.processedDelta, turn.heldReason, turn.retentionMs, turn.entryIds, recordBytes,
		turn.work, turn.continuation, turn.updates, turn.outgoing, turn.finishesReset, turn.offloaded, turn.awaitsSteps,
		turn.search = unpack(list)
	turn.records = next_records(recordBytes)
	turn.offloadedValues = turn.offloaded and next_records(turn.offloaded[2])
	return turn
end

local function commit_turn(turn)
	local runId, status, historyLength, accepted, processed, version, createdAtMs, waiters, firstRunId, type =
		unpack(redis.call("HMGET", turn.header, "runId", "status", "historyLength", "accepted", "processed",
			"version", "createdAtMs", "waiters", "firstRunId", "type"))
	if runId ~= turn.runId or status ~= turn.statusBefore or tonumber(historyLength) ~= turn.historyLengthBefore then
		return refused(turn, "changed")
	end
	-- Close rule: the end of a run waits until everything accepted for it is in its history.
	if (turn.retentionMs or turn.continuation) and tonumber(accepted) ~= tonumber(processed) + turn.processedDelta then
		return refused(turn, "more-accepted")
	end
	return write_turn(turn, {
		processed = processed, version = version, createdAtMs = createdAtMs, waiters = waiters, firstRunId = firstRunId,
		type = type,
	})
end

local turnReplies = {}
for index, list in ipairs(cmsgpack.unpack(ARGV[5])) do
	turnReplies[index] = commit_turn(read_turn(list))
end
for field, change in pairs(versionChanges) do
	if change ~= 0 then
		count_version(versions, field, change)
	end
end
in_slices(takenEntries, function(...)
	redis.call("XDEL", inbox, ...)
end)
-- Added before ended: a turn may do both to one timer.
in_slices(addedTimers, function(...)
	redis.call("ZADD", timers, ...)
end)
in_slices(endedTimers, function(...)
	redis.call("ZREM", timers, ...)
end)
local entries, newest = read_page({ key = leaseKey, channel = channel, idle = idle }, inbox, after, limit)
return { "ok", nowText, earliest_due(timers), newest, entries, turnReplies, outboxIds }
