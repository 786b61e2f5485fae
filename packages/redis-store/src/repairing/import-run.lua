#!lua
-- Makes a run of a history under a workflow id that has none: one that goes on from its end, or a closed one.
--
-- KEYS  lease       hash    ownership of the partition
--       inbox       stream  accepted events
--       timers      zset    due times
--       tombstones  hash    purged runs that a key names
--       types       set     workflow types of the partition
--       header      hash    the run
--       history     list    history of the current run
--       cutOff      list    what a reset cut off from it
--       signalIds   hash    accepted signal ids and updates of the current run
--       versions    hash    open runs by type and version
--       index       zset    index of (type, status)
--       feed        stream  changes of statuses, for who watches
-- ARGV  workflowId    string
--       runId         string, fresh; repeating the call with it is safe, also when the run has moved on since
--       type          string
--       status        pending | a closed one
--       version       string, "" for none
--       createdAtMs   epoch ms, "" for now
--       partitionCap  integer, unprocessed events of the partition
--       records       bytes, opaque: the history and what was cut off from it, one record behind the other
--       lengths       msgpack, {bytes of each record of the history}, {the same of the cut off part}
--       signalKeys    msgpack, {name and id of each signal whose id is known}
--       reset         msgpack, false for a closed run, else {fromWorkflowId, fromRunId, reason, reapply, unprocessed,
--                     timers, updates}: see mark-reset
-- Reply imported currentRunId | exists runId status type | purged | inbox-full scope
-- Writes only when the reply is imported, once per runId.

-- @include now-ms
-- @include in-slices
-- @include inbox-room
-- @include mark-reset
-- @include made-runs
-- @include count-version
-- @include note-change

local keys = {
	lease = KEYS[1], inbox = KEYS[2], timers = KEYS[3], types = KEYS[5], header = KEYS[6], history = KEYS[7],
	cutOff = KEYS[8], signalIds = KEYS[9], versions = KEYS[10], index = KEYS[11], feed = KEYS[12],
}
local tombstones = KEYS[4]
local workflowId, runId, type, status, version, createdAtMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local partitionCap, allRecords = tonumber(ARGV[7]), ARGV[8]
local lengths, signalKeys, reset = cmsgpack.unpack(ARGV[9]), cmsgpack.unpack(ARGV[10]), cmsgpack.unpack(ARGV[11])

local currentRun, currentStatus, currentType = unpack(redis.call("HMGET", keys.header, "runId", "status", "type"))
if currentRun and (currentRun == runId or was_made(keys, runId)) then
	return { "imported", currentRun }
end
if currentRun then
	return { "exists", currentRun, currentStatus, currentType }
end
if redis.call("HEXISTS", tombstones, workflowId) == 1 then
	return { "purged" }
end
local full = full_inbox(keys.inbox, partitionCap, nil, nil, 1)
if full then
	return { "inbox-full", full }
end

local taken = 0
local function write_records(list, recordLengths)
	local records = {}
	for index, length in ipairs(recordLengths) do
		records[index] = string.sub(allRecords, taken + 1, taken + length)
		taken = taken + length
	end
	in_slices(records, function(...)
		redis.call("RPUSH", list, ...)
	end)
end

local now = now_ms()
local created = createdAtMs ~= "" and createdAtMs or integer(now)
local run = { workflowId = workflowId, runId = runId }
local keep = #lengths[1]
redis.call("DEL", keys.cutOff)
write_records(keys.history, lengths[1])
write_records(keys.cutOff, lengths[2])
redis.call("HSET", keys.header,
	"schemaVersion", "1", "type", type, "status", status, "runId", runId,
	"createdAtMs", created, "updatedAtMs", integer(now), "historyLength", integer(keep),
	"accepted", reset and integer(reset[5]) or "0", "processed", "0")
if version ~= "" then
	redis.call("HSET", keys.header, "version", version)
	if reset then
		count_version(keys.versions, version_field(type, version), 1)
	end
end
remember_made(keys, runId)
for _, key in ipairs(signalKeys) do
	redis.call("HSET", keys.signalIds, key, "1")
end
redis.call("SADD", keys.types, type)
redis.call("ZADD", keys.index, created, workflowId)
note_change(keys.feed, run, type, status, created)
if reset then
	mark_reset(keys, run, {
		fromWorkflowId = reset[1], fromRunId = reset[2], reason = reset[3], reapply = reset[4], keep = keep,
		timers = reset[6], updates = reset[7],
	}, now)
else
	-- The owner sets the purge time of a closed run: it knows the retention.
	append_notice(keys.lease, keys.inbox, workflowId, runId)
end
return { "imported", runId }
