#!lua
-- Starts a run under a workflow id, or says who has the id.
--
-- KEYS  lease          hash    ownership of the partition
--       inbox          stream  accepted events
--       held           set     runs that wait for code
--       tombstones     hash    purged runs that a key names
--       types          set     workflow types of the partition
--       header         hash    the run
--       history        list    history of the current run
--       signalIds      hash    accepted signal ids of the current run
--       index          zset    index of (type, pending)
--       previousIndex  zset    index of the predecessor, as the caller believes it to be
--       timers         zset    due times
--       messages       stream  messages to other runs
--       children       hash    children of the current run
--       scheduleStarts hash    per schedule, the number of its last start
--       delivery       string  when another run asks for it: what that was answered; else any
--       feed           stream  changes of statuses, for who watches
--       …search        attributes hash, byAttribute zset, memos hash, versions hash, offloaded hash: when the run is to be
--                      found by more than its type and status, and when a predecessor is replaced
-- ARGV  workflowId      string
--       runId           string, fresh; repeating the call with it is safe
--       type            string
--       input           msgpack, opaque
--       idempotencyKey  string, "" for none
--       waiter          string, channel to tell when the run ends, "" for none
--       onOpen          fail | use-existing | terminate-existing
--       onClosed        allow | allow-failed-only | reject
--       previousType    string, type behind previousIndex
--       previousStatus  string, status behind previousIndex
--       runCap          integer, unprocessed events of one run
--       partitionCap    integer, unprocessed events of the partition
--       executionTimeoutMs  integer from the start, "" for none
--       runTimeoutMs        integer from the start, "" for none
--       startAfterMs        integer from now, "" for none
--       startAtMs           epoch ms, "" for none
--       incarnation         string, of the schedule that starts it, "" for none
--       startNumber         integer, of the schedule's starts, "" for none
--       parent         string, of a child: see create-run; "" for none
--       replaces       string, the closed run that it may take the place of; "" for any, or none
--       notAfterMs     epoch ms; a copy of a message past it is refused; "" when it is none
--       …search             changes of attributes (msgpack) and memo (msgpack, opaque, "" for none); absent for neither
-- Reply started runId | open runId status type | closed runId status type | purged
--       | replaceable runId status type   (repeat with that type and status: previousIndex was another)
--       | inbox-full scope | expired
-- Writes only when the reply is started, and then at most once per runId and per startNumber.

-- @include now-ms
-- @include run-status
-- @include inbox-room
-- @include create-run
-- @include run-times
-- @include may-replace
-- @include notify-waiters
-- @include delivery
-- @include tell-relatives
-- @include count-version

local keys = {
	lease = KEYS[1], inbox = KEYS[2], types = KEYS[5], header = KEYS[6], history = KEYS[7],
	signalIds = KEYS[8], index = KEYS[9], previousIndex = KEYS[10], timers = KEYS[11],
	messages = KEYS[12], children = KEYS[13],
	feed = KEYS[16], attributes = KEYS[17], byAttribute = KEYS[18], memos = KEYS[19], versions = KEYS[20],
	offloaded = KEYS[21],
}
local held, tombstones, scheduleStarts = KEYS[3], KEYS[4], KEYS[14]
local workflowId, runId, type, input, idempotencyKey = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local waiter, onOpen, onClosed, previousType, previousStatus = ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local runCap, partitionCap = tonumber(ARGV[11]), tonumber(ARGV[12])
local times = {
	executionTimeoutMs = ARGV[13], runTimeoutMs = ARGV[14], startAfterMs = ARGV[15], startAtMs = ARGV[16],
}
local incarnation, startNumber, parent, replaces, notAfterMs = ARGV[17], ARGV[18], ARGV[19], ARGV[20], ARGV[21]
local changes, memo = ARGV[22], ARGV[23]
local delivery = notAfterMs ~= "" and KEYS[15]

local earlier = earlier_answer(delivery)
if earlier then
	return earlier
end
-- The run may be purged, replaced or continued by now, so its header cannot tell.
if incarnation ~= "" and tonumber(redis.call("HGET", scheduleStarts, incarnation) or 0) >= tonumber(startNumber) then
	return { "started", runId }
end
local currentRun, status, currentType, version, firstRunId, searchable =
	unpack(redis.call("HMGET", keys.header, "runId", "status", "type", "version", "firstRunId", "searchable"))
if currentRun == runId or firstRunId == runId then
	return { "started", runId }
end
if is_late(delivery, notAfterMs) then
	return { "expired" }
end
local isOpen = currentRun and OPEN[status]
if isOpen and onOpen ~= "terminate-existing" then
	return { "open", currentRun, status, currentType }
end
local isOther = replaces ~= "" and currentRun ~= replaces
if currentRun and not isOpen and (isOther or not may_replace(status, onClosed)) then
	return { "closed", currentRun, status, currentType }
end
if currentRun then
	if currentType ~= previousType or status ~= previousStatus then
		return { "replaceable", currentRun, status, currentType }
	end
elseif isOther or redis.call("HEXISTS", tombstones, workflowId) == 1 then
	return { "purged" }
end
local full = full_inbox(keys.inbox, partitionCap, nil, nil, runCap)
if full then
	return { "inbox-full", full }
end

local now = now_ms()
if isOpen then
	local record = cmsgpack.pack({ kind = "terminated", at = now, reason = "replaced by a new run" })
	notify_waiters(redis.call("HGET", keys.header, "waiters"), keys.header, workflowId, currentRun, "terminated", record)
	redis.call("SREM", held, workflowId)
	if version then
		count_version(keys.versions, version_field(currentType, version), -1)
	end
	forget_times(keys.timers, { workflowId = workflowId, runId = currentRun })
	local replaced = { workflowId = workflowId, runId = currentRun }
	tell_relatives(keys, replaced, record)
	note_change(keys.feed, replaced, currentType, "terminated", redis.call("HGET", keys.header, "createdAtMs"))
end
local planned = planned_times(times, now)
create_run(keys, {
	workflowId = workflowId, runId = runId, type = type, input = input, idempotencyKey = idempotencyKey,
	replaces = currentRun or "", now = integer(now), startAtMs = planned and planned.startAtMs,
	parent = parent ~= "" and parent or nil,
	replacesSearchable = searchable, changes = changes, memo = memo,
})
if planned then
	note_times(keys.timers, keys.header, { workflowId = workflowId, runId = runId }, planned)
end
if waiter ~= "" then
	redis.call("HSET", keys.header, "waiters", waiter)
end
if incarnation ~= "" then
	redis.call("HSET", scheduleStarts, incarnation, startNumber)
end
return remember_answer(delivery, { "started", runId })
