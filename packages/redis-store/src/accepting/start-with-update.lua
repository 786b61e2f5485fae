#!lua
-- Sends an update to the open run of an id, or starts one with the update right behind its start.
--
-- KEYS  lease          hash    ownership of the partition
--       inbox          stream  accepted events
--       tombstones     hash    purged runs that a key names
--       types          set     workflow types of the partition
--       header         hash    the run
--       history        list    history of the current run
--       signalIds      hash    accepted signal ids and updates of the current run
--       index          zset    index of (type, pending)
--       previousIndex  zset    index of the closed predecessor, as the caller believes it to be
--       timers         zset    due times
--       feed           stream  changes of statuses, for who watches
--       …search        attributes hash, byAttribute zset, memos hash, offloaded hash: when the run is to be found by more
--                      than its type and status, and when a predecessor is replaced
-- ARGV  workflowId      string
--       runId           string, fresh; repeating the call with it is safe
--       type            string
--       input           msgpack, opaque
--       idempotencyKey  string, "" for none
--       onOpen          fail | use-existing
--       onClosed        allow | allow-failed-only | reject
--       previousType    string, type behind previousIndex
--       previousStatus  string, status behind previousIndex
--       name            string, of the update
--       updateInput     msgpack, opaque
--       updateId        string; one that the workflow knows is found, whatever onOpen and onClosed are
--       channel         string, where to publish progress of the update; no spaces, "" for nowhere
--       runCap          integer, unprocessed events of one run
--       partitionCap    integer, unprocessed events of the partition
--       executionTimeoutMs  integer from the start, "" for none
--       runTimeoutMs        integer from the start, "" for none
--       …search             changes of attributes (msgpack) and memo (msgpack, opaque, "" for none); absent for neither
-- Reply started state | existing state   (a list as `update-state` returns)
--       | suspended runId | open runId status type | closed runId status type | purged
--       | replaceable runId status type   (repeat with that type and status: previousIndex was another)
--       | inbox-full scope
-- Writes only when the reply is started or existing: the run and the request once, and the channel.

-- @include now-ms
-- @include run-status
-- @include inbox-room
-- @include create-run
-- @include run-times
-- @include may-replace
-- @include admit-update

local keys = {
	lease = KEYS[1], inbox = KEYS[2], types = KEYS[4], header = KEYS[5], history = KEYS[6],
	signalIds = KEYS[7], index = KEYS[8], previousIndex = KEYS[9], timers = KEYS[10],
	feed = KEYS[11], attributes = KEYS[12], byAttribute = KEYS[13], memos = KEYS[14], offloaded = KEYS[15],
}
local tombstones = KEYS[3]
local workflowId, runId, type, input, idempotencyKey = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local onOpen, onClosed, previousType, previousStatus = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local update = { name = ARGV[10], input = ARGV[11], id = ARGV[12] }
local channel, runCap, partitionCap = ARGV[13], tonumber(ARGV[14]), tonumber(ARGV[15])
local times = { executionTimeoutMs = ARGV[16], runTimeoutMs = ARGV[17], startAfterMs = "", startAtMs = "" }
local changes, memo = ARGV[18], ARGV[19]

local currentRun, firstRunId, status, currentType, accepted, processed, searchable =
	unpack(redis.call("HMGET", keys.header,
		"runId", "firstRunId", "status", "type", "accepted", "processed", "searchable"))
local current = { workflowId = workflowId, runId = currentRun, firstRunId = firstRunId, status = status }
local known = currentRun and update_state(keys, current, update.id, channel)
if known then
	return { currentRun == runId and "started" or "existing", known }
end
local isOpen = currentRun and OPEN[status]
if isOpen and onOpen == "fail" then
	return { "open", currentRun, status, currentType }
end
if isOpen and status == "suspended" then
	return { "suspended", currentRun }
end
if currentRun and not isOpen then
	if not may_replace(status, onClosed) then
		return { "closed", currentRun, status, currentType }
	end
	if currentType ~= previousType or status ~= previousStatus then
		return { "replaceable", currentRun, status, currentType }
	end
	accepted, processed = nil, nil
elseif not currentRun and redis.call("HEXISTS", tombstones, workflowId) == 1 then
	return { "purged" }
end
local full = full_inbox(keys.inbox, partitionCap, accepted, processed, runCap)
if full then
	return { "inbox-full", full }
end
if isOpen then
	return { "existing", admit_update(keys, current, update, channel) }
end

local now = now_ms()
local run = { workflowId = workflowId, runId = runId }
create_run(keys, {
	workflowId = workflowId, runId = runId, type = type, input = input, idempotencyKey = idempotencyKey,
	replaces = currentRun or "", now = integer(now),
	replacesSearchable = searchable, changes = changes, memo = memo,
})
local planned = planned_times(times, now)
if planned then
	note_times(keys.timers, keys.header, run, planned)
end
return { "started", admit_update(keys, run, update, channel) }
