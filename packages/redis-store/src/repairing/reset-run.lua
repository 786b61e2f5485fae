#!lua
-- Lets a run go on as a new one from a cut of its history, under the same workflow id. Whatever the old one still has
-- under way is refused from here on, because the run id is another.
--
-- KEYS  lease        hash    ownership of the partition
--       inbox        stream  accepted events
--       timers       zset    due times
--       held         set     runs that wait for code
--       header       hash    the run
--       history      list    history of the current run
--       cutOff       list    what a reset cut off from it
--       signalIds    hash    accepted signal ids and updates of the current run
--       versions     hash    open runs by type and version
--       indexBefore  zset    index of the run, as the caller read it
--       indexAfter   zset    index of (type, pending)
--       messages     stream  messages to other runs
--       children     hash    children of the current run; the caller has seen that all were started behind the cut
--       feed         stream  changes of statuses, for who watches
-- ARGV  workflowId  string
--       newRunId    string, fresh; repeating the call with it is safe, also when the run has moved on since
--       runId       string, of the run as the caller read it
--       status      string, behind indexBefore
--       keep        integer, records that stay
--       reapply     none | signals | outcomes
--       reason      string, "" for none
--       version     string, of the code that goes on; "" for that of the run
--       keepCancel  "1" when the cancel request is in the part that stays
--       unprocessed integer, accepted events that the code of a closed run never saw; "" for an open one
--       timers      msgpack, {seq, dueMs} of each timer that is pending at the cut; dueMs for those that are gone
--       updates     msgpack, {updateId, index of its completion or false} of each update in the part that stays
-- Reply reset currentRunId | not-found | changed
-- Writes only when the reply is reset, once per newRunId.

-- @include now-ms
-- @include run-status
-- @include in-slices
-- @include notify-waiters
-- @include mark-reset
-- @include made-runs
-- @include end-children
-- @include count-version

local keys = {
	lease = KEYS[1], inbox = KEYS[2], timers = KEYS[3], held = KEYS[4], header = KEYS[5], history = KEYS[6],
	cutOff = KEYS[7], signalIds = KEYS[8], versions = KEYS[9], indexBefore = KEYS[10], indexAfter = KEYS[11],
	messages = KEYS[12], children = KEYS[13], feed = KEYS[14],
}
local workflowId, newRunId, runId, status, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local reapply, reason, version, keepCancel, unprocessed = ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local keptTimers, keptUpdates = cmsgpack.unpack(ARGV[11]), cmsgpack.unpack(ARGV[12])

local currentRun, currentStatus, accepted, processed, waiters, firstRunId, resetPending, inheritsFrom =
	unpack(redis.call("HMGET", keys.header, "runId", "status", "accepted", "processed", "waiters", "firstRunId",
		"resetPending", "inheritsFrom"))
local type, storedVersion = unpack(redis.call("HMGET", keys.header, "type", "version"))
if not currentRun then
	return { "not-found" }
end
if was_made(keys, newRunId) then
	return { "reset", currentRun }
end
if currentRun ~= runId or currentStatus ~= status then
	return { "changed" }
end

local function append_all(list, records)
	in_slices(records, function(...)
		redis.call("RPUSH", list, ...)
	end)
end

local function cut_history()
	if resetPending then
		-- Nothing of that reset was carried out, so what it cut off stands behind what this one cuts off.
		local between = redis.call("LRANGE", keys.history, keep, tonumber(resetPending) - 1)
		local before = redis.call("LRANGE", keys.cutOff, 0, -1)
		local since = redis.call("LRANGE", keys.history, resetPending, -1)
		redis.call("DEL", keys.cutOff)
		append_all(keys.cutOff, between)
		append_all(keys.cutOff, before)
		append_all(keys.cutOff, since)
	else
		redis.call("COPY", keys.history, keys.cutOff, "REPLACE")
		redis.call("LTRIM", keys.cutOff, keep, -1)
	end
	redis.call("LTRIM", keys.history, 0, keep - 1)
end

-- Both deadlines begin anew, as long after now as they were after the start of the run.
local function renew_deadlines(run, now)
	local createdAtMs, startAtMs, execution, ofRun =
		unpack(redis.call("HMGET", keys.header, "createdAtMs", "startAtMs", "executionDeadlineMs", "runDeadlineMs"))
	local former = { workflowId = workflowId, runId = runId }
	redis.call("ZREM", keys.timers, timer_member("start", "0", former), timer_member("deadline", "0", former))
	local passedMs = now - tonumber(startAtMs or createdAtMs)
	local earliest
	for field, deadline in pairs({ executionDeadlineMs = execution, runDeadlineMs = ofRun }) do
		if deadline then
			local renewed = tonumber(deadline) + passedMs
			redis.call("HSET", keys.header, field, integer(renewed))
			earliest = math.min(earliest or renewed, renewed)
		end
	end
	if earliest then
		redis.call("ZADD", keys.timers, integer(earliest), timer_member("deadline", "0", run))
	end
end

local now = now_ms()
local run = { workflowId = workflowId, runId = newRunId }
remember_made(keys, newRunId)
cut_history()
end_children(keys, { workflowId = workflowId, runId = runId })
renew_deadlines(run, now)
-- Entries of the inbox still name the runs that they were accepted for.
local inherits = runId
if inheritsFrom and accepted ~= processed then
	inherits = inheritsFrom .. " " .. runId
end
redis.call("HDEL", keys.header, "heldReason", "closedBy", "startAtMs", "waitsForStart", "inheritsFrom")
if keepCancel ~= "1" then
	redis.call("HDEL", keys.header, "cancelRequested")
end
if OPEN[status] then
	redis.call("HSET", keys.header, "inheritsFrom", inherits)
else
	-- What the inbox had for a closed run is discarded, so nothing of it is counted.
	redis.call("HSET", keys.header, "accepted", integer(tonumber(processed) + tonumber(unprocessed)))
end
if storedVersion and OPEN[status] then
	count_version(keys.versions, version_field(type, storedVersion), -1)
end
version = version ~= "" and version or storedVersion
if version then
	redis.call("HSET", keys.header, "version", version)
	count_version(keys.versions, version_field(type, version), 1)
end
redis.call("SREM", keys.held, workflowId)
if OPEN[status] then
	note_change(keys.feed, { workflowId = workflowId, runId = runId }, type, "continued",
		redis.call("HGET", keys.header, "createdAtMs"))
end
redis.call("HSET", keys.header,
	"runId", newRunId, "status", "pending", "createdAtMs", integer(now), "updatedAtMs", integer(now),
	"continuedFrom", runId, "firstRunId", firstRunId or runId)
redis.call("ZREM", keys.indexBefore, workflowId)
redis.call("ZADD", keys.indexAfter, integer(now), workflowId)
note_change(keys.feed, run, type, "pending", integer(now))
mark_reset(keys, run, {
	fromRunId = runId, fromWorkflowId = "", reason = reason, reapply = reapply, keep = keep,
	timers = keptTimers, updates = keptUpdates,
}, now)
tell_waiters(waiters, workflowId, runId, "continued", newRunId)
return { "reset", newRunId }
