-- @include now-ms
-- @include timer-member
-- @include wake-owner
-- Has the owner of a schedule look at it now.
-- schedule: id, incarnation
local function schedule_due(lease, timers, schedule, now)
	local member = timer_member("schedule", "0", { runId = schedule.incarnation, workflowId = schedule.id })
	redis.call("ZADD", timers, integer(now), member)
	wake_owner(lease)
end
