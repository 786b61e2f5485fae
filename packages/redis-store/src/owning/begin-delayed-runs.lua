#!lua flags=allow-oom
-- Lets delayed runs begin whose time has come.
--
-- KEYS  lease    hash    ownership of the partition
--       inbox    stream  accepted events
--       timers   zset    due times
--       …headers hash    per timer, the header of its run
-- ARGV  nonce    string
--       …timers  per timer: member, workflowId, runId, seq
-- Reply done | lease-lost
-- A start that is gone or not yet due is skipped; one whose run is closed or replaced is removed.

-- @include each-due-run
-- @include append-mark

local lease, inbox, timers = KEYS[1], KEYS[2], KEYS[3]
local nonce = ARGV[1]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
each_due_run(timers, function(header, workflowId, runId)
	redis.call("HDEL", header, "waitsForStart")
	-- What the owner has in memory still waits; it reads the run again.
	append_notice(lease, inbox, workflowId, runId)
end)
return { "done" }
