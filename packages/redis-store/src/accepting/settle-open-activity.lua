#!lua flags=allow-oom
-- Settles an open activity from outside: its attempt of that token or, by reference, the one that is current.
-- May write under memory pressure: the work is done, and its result must not be lost.
--
-- KEYS  lease       hash    ownership of the partition
--       inbox       stream  accepted events
--       timers      zset    due times
--       operations  zset    operations applied lately
--       header      hash    the run
--       activity    hash    the pending activity
--       signalIds   hash    references of the current run, and how activities were settled from outside
-- ARGV  workflowId      string
--       runId           string
--       seq             integer
--       member          string, in timers
--       token           string; "" by reference
--       referenceField  string, in signalIds; "" by token
--       referenceValue  string, what the caller found there; "" for nothing
--       operationId     string, fresh
--       outcome         completed | failed
--       data            msgpack: result, or failure; opaque
--       failureName     string; for failed
--       ownDelayMs      integer, the wait that the failure asks for; "" for none
--       random          number in [0, 1), for the jitter of a retry
--       mark            bytes, opaque: by it the caller knows the same settlement again
-- Reply settled limits slot | retrying limits slot | settled-before answer mark | already-settled | not-found runId | closed runId status | workflow-not-found
-- Writes only when the reply is settled or retrying.

-- @include now-ms
-- @include operations
-- @include open-activity
-- @include retry-delay
-- @include settle-attempt
-- @include settlements

-- Operation ids of callers over HTTP, who repeat a call for a minute or so.
local REPEATABLE_MS = 300000

local keys = { lease = KEYS[1], inbox = KEYS[2], timers = KEYS[3] }
local operations, header, activity = KEYS[4], KEYS[5], KEYS[6]
local workflowId, runId, seq, member = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local target = {
	activity = activity, header = header, signalIds = KEYS[7], runId = runId,
	token = ARGV[5], referenceField = ARGV[6], referenceValue = ARGV[7],
}
local operationId, outcome, data = ARGV[8], ARGV[9], ARGV[10]
local failure, random = { name = ARGV[11], ownDelayMs = ARGV[12] }, tonumber(ARGV[13])
local mark = ARGV[14]

if operation_applied(operations, operationId) then
	return { redis.call("EXISTS", activity) == 1 and "retrying" or "settled" }
end
local open, refusal = open_activity(target)
if not open then
	local answer, knownMark = settlement_before(target.signalIds, { seq = seq, runId = runId, token = target.token })
	if answer then
		return { "settled-before", answer, knownMark }
	end
	return refusal
end
local delayMs = outcome == "failed" and retry_delay_ms(open.policy, tonumber(open.attempt), failure, random)
local settled, limits, slot = settle_attempt(keys, {
	activity = activity, header = header, member = member, workflowId = workflowId, runId = runId, seq = seq,
	token = open.token,
}, { outcome = delayMs and "retry" or outcome, data = data, delayMs = delayMs })
local now = now_ms()
remember_settlement(target.signalIds, { seq = seq, runId = runId, token = open.token, answer = settled, mark = mark })
remember_operation(operations, operationId, now + REPEATABLE_MS, now)
return { settled, limits, slot }
