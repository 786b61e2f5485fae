#!lua flags=allow-oom
-- Turns due user timers into events of their runs.
--
-- KEYS  lease    hash    ownership of the partition
--       inbox    stream  accepted events
--       timers   zset    due times
--       …headers hash    per timer, the header of its run
-- ARGV  nonce    string
--       …timers  per timer: member, workflowId, runId, seq
-- Reply done | lease-lost
-- A timer that is gone or not yet due is skipped; one whose run is closed or replaced is removed.

-- @include each-due-run
-- @include append-event

local lease, inbox, timers = KEYS[1], KEYS[2], KEYS[3]
local nonce = ARGV[1]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
each_due_run(timers, function(header, workflowId, runId, seq)
	append_event(lease, inbox, header, {
		kind = "timer-fired", workflowId = workflowId, runId = runId, reference = seq,
	})
end)
return { "done" }
