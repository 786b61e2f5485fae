#!lua
-- Starts a run with a signal as its first event after the start, or signals the open run.
--
-- KEYS  lease          hash    ownership of the partition
--       inbox          stream  accepted events
--       operations     zset    operations applied lately
--       tombstones     hash    purged runs that a key names
--       types          set     workflow types of the partition
--       header         hash    the run
--       history        list    history of the current run
--       signalIds      hash    accepted signal ids of the current run
--       index          zset    index of (type, pending)
--       previousIndex  zset    index of the closed predecessor, as the caller believes it to be
--       timers         zset    due times
--       delivery       string  when another run asks for it: what that was answered; else any
--       feed           stream  changes of statuses, for who watches
--       …search        attributes hash, byAttribute zset, memos hash, offloaded hash: when the run is to be found by more
--                      than its type and status, and when a predecessor is replaced
-- ARGV  workflowId      string
--       runId           string, fresh; repeating the call with it is safe
--       type            string
--       input           msgpack, opaque
--       idempotencyKey  string, "" for none
--       onClosed        reject | start-new
--       previousType    string, type behind previousIndex
--       previousStatus  string, status behind previousIndex
--       name            string, of the signal
--       payload         msgpack, opaque
--       signalKey       string, name and signal id; never ""
--       signalId        string
--       runCap          integer, unprocessed events of one run
--       partitionCap    integer, unprocessed events of the partition
--       executionTimeoutMs  integer from the start, "" for none
--       runTimeoutMs        integer from the start, "" for none
--       notAfterMs          epoch ms; a copy of a message past it is refused; "" when it is none
--       …search             changes of attributes (msgpack) and memo (msgpack, opaque, "" for none); absent for neither
-- Reply started runId | signalled runId | duplicate runId | conflict runId status | purged
--       | replaceable runId status type   (repeat with that type and status: previousIndex was another)
--       | inbox-full scope | expired
-- Writes only when the reply is started or signalled, and then at most once per signal id; of a message it also notes
-- that it was a duplicate.

-- @include now-ms
-- @include run-status
-- @include inbox-room
-- @include create-run
-- @include run-times
-- @include accept-signal
-- @include delivery

local keys = {
	lease = KEYS[1], inbox = KEYS[2], operations = KEYS[3], types = KEYS[5], header = KEYS[6], history = KEYS[7],
	signalIds = KEYS[8], index = KEYS[9], previousIndex = KEYS[10], timers = KEYS[11],
	feed = KEYS[13], attributes = KEYS[14], byAttribute = KEYS[15], memos = KEYS[16], offloaded = KEYS[17],
}
local tombstones, notAfterMs = KEYS[4], ARGV[17]
local delivery = notAfterMs ~= "" and KEYS[12]
local workflowId, runId, type, input, idempotencyKey = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local onClosed, previousType, previousStatus = ARGV[6], ARGV[7], ARGV[8]
local signal = { name = ARGV[9], payload = ARGV[10], key = ARGV[11], id = ARGV[12] }
local runCap, partitionCap = tonumber(ARGV[13]), tonumber(ARGV[14])
local times = { executionTimeoutMs = ARGV[15], runTimeoutMs = ARGV[16], startAfterMs = "", startAtMs = "" }
local changes, memo = ARGV[18], ARGV[19]

local earlier = earlier_answer(delivery)
if earlier then
	return earlier
end
local currentRun, status, currentType, accepted, processed, firstRunId, searchable = unpack(
	redis.call("HMGET", keys.header, "runId", "status", "type", "accepted", "processed", "firstRunId", "searchable"))
if currentRun == runId or firstRunId == runId then
	return { "started", runId }
end
if is_late(delivery, notAfterMs) then
	return { "expired" }
end
if currentRun and signal_applied(keys, signal) then
	return remember_answer(delivery, { "duplicate", currentRun })
end
if currentRun and not OPEN[status] then
	if onClosed ~= "start-new" then
		return { "conflict", currentRun, status }
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

local now = now_ms()
if currentRun and OPEN[status] then
	accept_signal(keys, workflowId, currentRun, signal, now)
	return remember_answer(delivery, { "signalled", currentRun })
end
create_run(keys, {
	workflowId = workflowId, runId = runId, type = type, input = input, idempotencyKey = idempotencyKey,
	replaces = currentRun or "", now = integer(now),
	replacesSearchable = searchable, changes = changes, memo = memo,
})
local planned = planned_times(times, now)
if planned then
	note_times(keys.timers, keys.header, { workflowId = workflowId, runId = runId }, planned)
end
accept_signal(keys, workflowId, runId, signal, now)
return remember_answer(delivery, { "started", runId })
