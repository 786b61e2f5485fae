#!lua flags=allow-oom
-- Takes a message that was delivered out of the outbox and tells its sender what it was answered.
--
-- KEYS  lease     hash    ownership of the partition
--       messages  stream  messages to other runs
--       inbox     stream  accepted events
--       header    hash    the sender
--       children  hash    children of its current run
-- ARGV  nonce       string
--       entryId     entry id
--       workflowId  string, of the sender
--       runId       string, of the sender
--       seq         integer, number of the operation that sent it
--       answer      msgpack; "" when nobody waits for it
--       endsChild   1 when the child of that number was not started, else 0
-- Reply done | lease-lost
-- Writes only when the reply is done, once per entry. A sender that is closed or replaced is told nothing.

-- @include run-status
-- @include append-event

local lease, messages, inbox, header, children = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local nonce, entryId, workflowId, runId, seq, answer = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local endsChild = ARGV[7] == "1"

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
if redis.call("XDEL", messages, entryId) == 0 or answer == "" then
	return { "done" }
end
local currentRun, status = unpack(redis.call("HMGET", header, "runId", "status"))
if currentRun == runId and OPEN[status] then
	if endsChild then
		redis.call("HDEL", children, seq)
	end
	append_event(lease, inbox, header, {
		kind = "message-answered", workflowId = workflowId, runId = runId, reference = seq, data = answer,
	})
end
return { "done" }
