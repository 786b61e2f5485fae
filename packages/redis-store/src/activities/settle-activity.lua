#!lua flags=allow-oom
-- Ends an attempt: with an event for the run, or with a retry that the run does not see.
-- May write under memory pressure: the work is done, and its result must not be lost.
--
-- KEYS  lease     hash    ownership of the partition
--       inbox     stream  accepted events
--       timers    zset    due times
--       activity  hash    the pending activity
--       header    hash    the run
-- ARGV  workflowId  string
--       runId       string
--       seq         integer
--       token       string, of the ticket
--       member      string, in timers
--       outcome     completed | failed | retry | returned
--       data        msgpack: result, or failure; opaque
--       delayMs     integer; for retry and returned
-- Reply settled | retrying | stale, then limits and slot that the attempt held, if any
-- Writes no event when the reply is stale.

-- @include run-status
-- @include settle-attempt

local keys = { lease = KEYS[1], inbox = KEYS[2], timers = KEYS[3] }
local attempt = {
	activity = KEYS[4], header = KEYS[5], workflowId = ARGV[1], runId = ARGV[2], seq = ARGV[3],
	token = ARGV[4], member = ARGV[5],
}
-- No worker holds the empty token, which is that of an activity that backs off.
if attempt.token == "" then
	return { "stale" }
end
local settlement = { outcome = ARGV[6], data = ARGV[7], delayMs = tonumber(ARGV[8]) or 0 }

return { settle_attempt(keys, attempt, settlement) }
