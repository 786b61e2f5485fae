-- @include run-status
-- @include append-mark
-- @include notify-waiters
-- @include tell-relatives
-- @include count-version
-- Closes an open run without its code. A live owner's turn computed before is refused by its status.
-- keys: lease, inbox, held, versions, header, history, indexBefore, indexAfter, messages, children, feed; mark: its
-- last record
-- run: workflowId, runId, type, and version and waiters as stored in the header
local function close_from_outside(keys, run, status, mark, now)
	local record = append_mark(keys.history, keys.header, mark)
	redis.call("HDEL", keys.header, "heldReason")
	redis.call("SREM", keys.held, run.workflowId)
	if run.version then
		count_version(keys.versions, version_field(run.type, run.version), -1)
	end
	change_status(keys, run, status, integer(now))
	notify_waiters(run.waiters, keys.header, run.workflowId, run.runId, status, record)
	tell_relatives(keys, run, record)
	-- The owner removes pending activities and timers, and sets the purge time: it knows the keys and the retention.
	append_notice(keys.lease, keys.inbox, run.workflowId, run.runId)
end
